/** What the selected objects are: class, attributes by the class's schema, order, crowd. */
import { ArrowDownToLine, ArrowUpToLine, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { common } from '@/core/attributes'
import { type AnnotationRecord, VOID } from '@/core/document'
import { areaOf, bboxOf, vertexCount } from '@/core/shapes'
import type { LabelClass } from '@/sync/api'
import { IconButton } from '@/ui/kit/Button'
import { Select, SwitchField } from '@/ui/kit/Field'

import { changeObjects, deleteObjects, reorder } from './actions'
import { AttributeField } from './AttributeField'
import { ClassSwatch } from './ClassSwatch'
import type { CommandContext } from './commands/command'
import { OperationsSection } from './operations/OperationsSection'
import { ModelOrigin } from './prelabels/ModelBadge'
import type { EditorSession } from './session'
import { useObjects, usePart, useShownColours } from './use'

interface PropertiesProps {
  readonly context: CommandContext
  readonly classes: readonly LabelClass[]
  readonly problems: ReadonlyMap<string, string>
}

export function PropertiesPanel({ context, classes, problems }: PropertiesProps) {
  const { session } = context
  const { t } = useTranslation('editor')
  useObjects(session)
  const colours = useShownColours(session)
  const selection = usePart(session.state, (state) => state.selection)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const records = [...selection].flatMap((id) => session.store.get(id) ?? [])
  const [first] = records
  if (!first) return null
  const ids = records.map((record) => record.id)
  const sameClass = records.every((record) => record.classIndex === first.classIndex)
  const problem = records.length === 1 ? problems.get(first.id) : undefined
  return (
    <section className="panel" aria-label={t('properties')}>
      <header className="panel-head">
        <h2>{records.length === 1 ? t(`kind.${first.kind}`) : t('selected', { count: records.length })}</h2>
        {!readOnly && (
          <span className="row panel-tools">
            <IconButton size="sm" label={t('toFront')} onClick={() => reorder(session, ids, 'front')}>
              <ArrowUpToLine size={16} aria-hidden />
            </IconButton>
            <IconButton size="sm" label={t('toBack')} onClick={() => reorder(session, ids, 'back')}>
              <ArrowDownToLine size={16} aria-hidden />
            </IconButton>
            <IconButton
              size="sm"
              variant="danger-ghost"
              label={t('deleteSelected')}
              onClick={() => deleteObjects(session, ids)}
            >
              <Trash2 size={16} aria-hidden />
            </IconButton>
          </span>
        )}
      </header>
      <div className="panel-body stack-2">
        {problem !== undefined && (
          <p className="object-problem" role="alert">
            {t('refused')} {problem}
          </p>
        )}
        <Select
          size="sm"
          className="grow"
          label={t('class')}
          disabled={readOnly}
          value={sameClass ? String(first.classIndex) : ''}
          {...(sameClass ? {} : { prefix: t('together:attribute.mixed') })}
          choices={[...classes, { index: VOID, name: t('void') }].map((item) => ({
            value: String(item.index),
            label: item.name,
            mark: <ClassSwatch index={item.index} colour={colours[item.index]} size={12} />,
          }))}
          onValue={(index) => changeObjects(session, 'class', ids, () => ({ classIndex: Number(index) }))}
        />
        {records.length === 1 && first.source === 'model' && <ModelOrigin session={session} record={first} />}
        <Attributes session={session} records={records} classes={classes} />
        <SwitchField
          label={t('crowd')}
          hint={t('crowdHint')}
          disabled={readOnly}
          checked={records.every((record) => record.isCrowd)}
          onValue={(isCrowd) => changeObjects(session, 'crowd', ids, () => ({ isCrowd }))}
        />
        {records.length === 1 && <Measures session={session} record={first} />}
        {!readOnly && <OperationsSection context={context} />}
      </div>
    </section>
  )
}

interface AttributesProps {
  readonly session: EditorSession
  readonly records: readonly AnnotationRecord[]
  readonly classes: readonly LabelClass[]
}

/** Of several objects: the attributes that all their classes have, set for all at once. */
function Attributes({ session, records, classes }: AttributesProps) {
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const indices = [...new Set(records.map((record) => record.classIndex))]
  const schemas = indices.map((index) => classes.find((item) => item.index === index)?.attributes ?? [])
  const specs = common(schemas)
  const ids = records.map((record) => record.id)
  const chosen = records.length > 20 ? String(records.length) : ids.join()
  return (
    <div className="attributes stack-2">
      {specs.map((spec) => {
        const values = new Set(records.map((record) => record.attributes[spec.name]))
        return (
          <AttributeField
            key={`${chosen}/${spec.name}`}
            spec={spec}
            value={values.size === 1 ? [...values][0] : undefined}
            mixed={values.size > 1}
            readOnly={readOnly}
            onValue={(value) =>
              changeObjects(session, 'attribute', ids, ({ attributes }) => ({
                attributes: { ...attributes, [spec.name]: value },
              }))
            }
          />
        )
      })}
    </div>
  )
}

interface MeasuresProps {
  readonly session: EditorSession
  readonly record: AnnotationRecord
}

function Measures({ session, record }: MeasuresProps) {
  const { t, i18n } = useTranslation('editor')
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 })
  const box = bboxOf(record)
  const vertices = vertexCount(record)
  const { width, height } = session.given.document
  return (
    <dl className="measures num">
      <dt>{t('area')}</dt>
      <dd>{number.format(areaOf(record, height, width))} px²</dd>
      <dt>{t('size')}</dt>
      <dd>
        {number.format(box.x1 - box.x0)} × {number.format(box.y1 - box.y0)} px
      </dd>
      {vertices > 0 && (
        <>
          <dt>{t('vertices')}</dt>
          <dd>{number.format(vertices)}</dd>
        </>
      )}
    </dl>
  )
}
