/** What can be set about the editor, in one place, with the way back to the usual. Everything here follows the person. */
import { Slider } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { type Language, LANGUAGES } from '@/i18n'
import { MAX_BRUSH } from '@/tools/editorState'
import { useSavePreferences } from '@/ui/app/preferences'
import { type PreferenceKey, USUAL } from '@/ui/app/preferenceKeys'
import { chosenTheme, type Theme } from '@/ui/app/theme'
import { resetPreference, usePreference } from '@/ui/app/usePreference'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Field, Segmented, Select, SwitchField, TextField } from '@/ui/kit/Field'

import type { EditorSession } from '../session'
import { useObservable } from '../use'

interface SettingsProps {
  readonly session: EditorSession
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

const THEMES: readonly Theme[] = ['system', 'light', 'dark']
/** Theme and language are the account's, not the editor's: they stay as they are. */
const EDITORS = (Object.keys(USUAL) as PreferenceKey[]).filter((key) => key.startsWith('editor.'))

export function EditorSettings({ session, open, onOpenChange }: SettingsProps) {
  const { t } = useTranslation('together')
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('settings.title')}
      description={t('settings.text')}
      footer={<Button onClick={() => EDITORS.forEach(resetPreference)}>{t('settings.reset')}</Button>}
    >
      <Appearance />
      <ObjectsShown session={session} />
      <Tools session={session} />
    </Dialog>
  )
}

function Appearance() {
  const { t, i18n } = useTranslation('together')
  const save = useSavePreferences()
  const [kept] = usePreference('theme')
  const theme = kept === 'system' ? chosenTheme() : kept
  return (
    <section className="settings-part">
      <h3>{t('settings.appearance')}</h3>
      <div className="settings-row">
        <span className="field-label">{t('common:theme')}</span>
        <Segmented<Theme>
          label={t('common:theme')}
          value={theme}
          choices={THEMES.map((value) => ({ value, label: t(`common:theme.${value}`) }))}
          onValue={(next) => save({ theme: next })}
        />
      </div>
      <div className="settings-row">
        <span className="field-label">{t('common:language')}</span>
        <Select<Language>
          size="sm"
          label={t('common:language')}
          value={i18n.language as Language}
          choices={LANGUAGES.map((value) => ({ value, label: t(`common:language.${value}`) }))}
          onValue={(language) => save({ language })}
        />
      </div>
    </section>
  )
}

function ObjectsShown({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('together')
  const { t: word } = useTranslation('editor')
  const options = useObservable(session.options)
  const percent = Math.round(options.opacity * 100)
  return (
    <section className="settings-part">
      <h3>{t('settings.objects')}</h3>
      <Field label={`${word('opacity')}: ${percent} %`}>
        {() => (
          <Slider.Root
            className="slider slider-wide"
            min={0}
            max={100}
            step={5}
            value={[percent]}
            onValueChange={([value]) => session.options.set({ opacity: (value ?? 0) / 100 })}
          >
            <Slider.Track className="slider-track">
              <Slider.Range className="slider-range" />
            </Slider.Track>
            <Slider.Thumb className="slider-thumb" aria-label={word('opacity')} />
          </Slider.Root>
        )}
      </Field>
      <SwitchField
        label={word('fills')}
        checked={options.fills}
        onValue={(fills) => session.options.set({ fills })}
      />
      <SwitchField
        label={word('outlines')}
        checked={options.outlines}
        onValue={(outlines) => session.options.set({ outlines })}
      />
    </section>
  )
}

function Tools({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('together')
  const { t: word } = useTranslation('editor')
  const { brushSize, brushShape, proposalKind } = useObservable(session.state)
  return (
    <section className="settings-part">
      <h3>{t('settings.tools')}</h3>
      <TextField
        label={t('settings.brushSize')}
        type="number"
        min={1}
        max={MAX_BRUSH}
        value={brushSize}
        onValue={(text) => {
          const size = Math.round(Number(text))
          if (size >= 1 && size <= MAX_BRUSH) session.state.set({ brushSize: size })
        }}
      />
      <div className="settings-row">
        <span className="field-label">{word('brushShape')}</span>
        <Segmented
          label={word('brushShape')}
          value={brushShape}
          choices={[
            { value: 'round', label: word('brush.round') },
            { value: 'square', label: word('brush.square') },
          ]}
          onValue={(shape) => session.state.set({ brushShape: shape })}
        />
      </div>
      <div className="settings-row">
        <span className="field-label">{t('settings.proposal')}</span>
        <Segmented
          label={t('settings.proposal')}
          value={proposalKind}
          choices={[
            { value: 'mask', label: word('kind.mask') },
            { value: 'polygon', label: word('kind.polygon') },
          ]}
          onValue={(kind) => session.state.set({ proposalKind: kind })}
        />
      </div>
    </section>
  )
}
