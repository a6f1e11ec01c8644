/** The panel at the corner: how far an upload is, what became of each file, retry and cancel. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, CircleAlert, CircleCheck, CopyCheck, RotateCw, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Progress } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { Segmented } from '@/ui/kit/Field'
import { bytes } from '@/ui/kit/format'
import { problemDetail, problemTitle } from '@/ui/kit/Problem'

import { closeUpload, useUploads, type UploadEntry } from './store'
import './uploads.css'

interface Line {
  readonly name: string
  readonly status: 'created' | 'duplicate' | 'rejected' | 'failed'
  readonly reason: string
}
type Shown = 'all' | 'problems'

const ICONS = {
  created: <CircleCheck size={16} className="ok" aria-hidden />,
  duplicate: <CopyCheck size={16} className="muted" aria-hidden />,
  rejected: <CircleAlert size={16} className="bad" aria-hidden />,
  failed: <CircleAlert size={16} className="bad" aria-hidden />,
}

function useLines({ snapshot }: UploadEntry): readonly Line[] {
  const { t } = useTranslation('uploads')
  const failures = snapshot.failures.map<Line>(({ path, error }) => ({
    name: path,
    status: 'failed',
    reason: [problemTitle(error, t), problemDetail(error)].filter(Boolean).join(' '),
  }))
  const results = snapshot.results.map<Line>(({ name, status, reason }) => ({
    name,
    status,
    reason: reason ?? '',
  }))
  return [...failures, ...results.reverse()]
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const { t } = useTranslation('uploads')
  const box = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => (lines[index]?.reason ? 52 : 34),
    overscan: 8,
  })
  return (
    <div className="upload-lines" ref={box} tabIndex={0} role="region" aria-label={t('results')}>
      <ul style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index]!
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              className="upload-line"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {ICONS[line.status]}
              <div className="grow">
                <div className="spread">
                  <span className="truncate" title={line.name}>
                    {line.name}
                  </span>
                  <span className="muted">{t(`status.${line.status}`)}</span>
                </div>
                {line.reason !== '' && line.status !== 'created' && <p className="muted">{line.reason}</p>}
              </div>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function useHeadline({ snapshot }: UploadEntry): string {
  const { t } = useTranslation('uploads')
  const { active, total, finished, results, failed, cancelled } = snapshot
  if (active) return t('uploading', { finished, count: total })
  const created = results.filter((result) => result.status === 'created').length
  if (failed > 0) return t('someFailed', { count: failed })
  if (cancelled > 0) return t('wasCancelled', { count: created })
  return t('uploaded', { count: created })
}

function Panel({ entry }: { readonly entry: UploadEntry }) {
  const { t, i18n } = useTranslation('uploads')
  const [folded, setFolded] = useState(false)
  const [shown, setShown] = useState<Shown>('all')
  const { snapshot, upload } = entry
  const lines = useLines(entry)
  const problems = lines.filter((line) => line.status !== 'created')
  const headline = useHeadline(entry)
  const share = snapshot.bytes === 0 ? 1 : snapshot.bytesSent / snapshot.bytes
  const again = snapshot.failed + snapshot.cancelled
  return (
    <section className="upload-panel" aria-label={t('panel')} data-testid="upload-panel">
      <header className="upload-head">
        <div className="grow">
          <strong role="status">{headline}</strong>
          <div className="small muted truncate">{entry.projectName}</div>
        </div>
        <IconButton
          size="sm"
          label={folded ? t('unfold') : t('fold')}
          aria-expanded={!folded}
          data-open={folded || undefined}
          onClick={() => setFolded(!folded)}
        >
          <ChevronDown size={16} className="chevron" aria-hidden />
        </IconButton>
        {!snapshot.active && (
          <IconButton size="sm" label={t('common:close')} onClick={() => closeUpload(entry)}>
            <X size={16} aria-hidden />
          </IconButton>
        )}
      </header>
      <div className="upload-progress">
        <Progress
          value={share}
          label={t('panel')}
          tone={snapshot.failed > 0 ? 'danger' : snapshot.active ? 'accent' : 'success'}
        />
        <div className="spread small muted num">
          <span>
            {t('bytes', {
              sent: bytes(snapshot.bytesSent, i18n.language),
              total: bytes(snapshot.bytes, i18n.language),
            })}
          </span>
          {snapshot.active && (
            <Button size="sm" variant="ghost" onClick={() => upload.cancel()}>
              {t('common:cancel')}
            </Button>
          )}
          {!snapshot.active && again > 0 && (
            <Button size="sm" icon={<RotateCw size={14} aria-hidden />} onClick={() => upload.retryFailed()}>
              {t('retry', { count: again })}
            </Button>
          )}
        </div>
      </div>
      {!folded && lines.length > 0 && (
        <>
          <div className="upload-filter">
            <Segmented<Shown>
              label={t('show')}
              value={shown}
              choices={[
                { value: 'all', label: t('show.all', { count: lines.length }) },
                { value: 'problems', label: t('show.problems', { count: problems.length }) },
              ]}
              onValue={setShown}
            />
          </div>
          {shown === 'problems' && problems.length === 0 ? (
            <p className="upload-none muted">{t('noProblems')}</p>
          ) : (
            <Lines key={shown} lines={shown === 'all' ? lines : problems} />
          )}
        </>
      )}
    </section>
  )
}

export function UploadPanel() {
  const entries = useUploads()
  const latest = entries[entries.length - 1]
  return latest ? <Panel entry={latest} /> : null
}
