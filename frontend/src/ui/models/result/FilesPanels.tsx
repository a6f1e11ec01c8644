/** What can be downloaded of a model, with sizes and checksums, and its card. */
import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { request } from '@/sync/client'
import { modelFileUrl, type ModelDetail } from '@/sync/learningApi'
import { Skeleton } from '@/ui/kit/Bits'
import { ButtonLink } from '@/ui/kit/Button'
import { bytes } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { Tooltip } from '@/ui/kit/Tooltip'

import { Panel } from '../run/RunPanels'
import { Markdown } from './Markdown'

async function cardText(model: string): Promise<string> {
  return (await request(modelFileUrl(model, 'card'), { accept: 'text/markdown, */*' })).text()
}

export function FilesPanels({ model }: { readonly model: ModelDetail }) {
  const { t, i18n } = useTranslation('models')
  const card = useQuery({
    queryKey: ['model-card', model.id, model.state, model.name, model.note],
    queryFn: () => cardText(model.id),
  })
  const files = model.files.filter((file) => file.name !== 'strip')
  return (
    <div className="panels">
      <Panel title={t('files')} wide>
        <ul className="files">
          {files.map((file) => (
            <li key={file.name}>
              <div className="grow">
                <strong>{t(`file.${file.name}`)}</strong>
                <div className="small muted truncate">{t(`file.${file.name}.text`)}</div>
                <div className="small muted num row-wrap">
                  <span>{file.file_name}</span>
                  {file.size_bytes !== null && <span>{bytes(file.size_bytes, i18n.language)}</span>}
                  {file.sha256 !== '' && (
                    <Tooltip text={file.sha256}>
                      <code tabIndex={0}>sha256 {file.sha256.slice(0, 12)}…</code>
                    </Tooltip>
                  )}
                </div>
              </div>
              <ButtonLink size="sm">
                <a
                  href={file.url}
                  download={file.file_name}
                  aria-label={t('file.download', { name: t(`file.${file.name}`) })}
                >
                  <Download size={14} aria-hidden />
                  {t('jobs:download')}
                </a>
              </ButtonLink>
            </li>
          ))}
        </ul>
        {model.licence !== '' && <p className="small muted">{t('licence', { licence: model.licence })}</p>}
      </Panel>
      <Panel title={t('card')} wide>
        {card.error && <ProblemNotice error={card.error} onRetry={() => void card.refetch()} />}
        {card.isPending && <Skeleton style={{ height: 260, borderRadius: 12 }} />}
        {card.data !== undefined && <Markdown text={card.data} />}
      </Panel>
    </div>
  )
}
