/** A key or a chord as it is printed on the keyboard. */
import { useTranslation } from 'react-i18next'

import { isMac, keyLabel } from '../commands/keyLabel'

export function Keys({ chord }: { readonly chord: string }) {
  const { t } = useTranslation('editor')
  return <kbd>{keyLabel(chord, { mac: isMac(), space: t('key.space') })}</kbd>
}
