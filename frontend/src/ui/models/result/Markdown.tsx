/** The Markdown that model cards are written in: headings, paragraphs, lists, tables, code, bold. No HTML gets through. */
import { Fragment, type ReactNode } from 'react'

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table'
      readonly head: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly kind: 'code'; readonly text: string }

const cells = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim())

/** The longest run of lines from `at` that fit. */
function run(lines: readonly string[], at: number, fits: (line: string) => boolean): string[] {
  const found: string[] = []
  for (let next = at; next < lines.length && fits(lines[next]!); next += 1) found.push(lines[next]!)
  return found
}

/** Splits a text into blocks. */
export function blocksOf(text: string): readonly Block[] {
  const lines = text.split(/\r?\n/)
  const blocks: Block[] = []
  let at = 0
  // The front matter of a card is for programs.
  if (lines[0] === '---') at = Math.max(0, lines.indexOf('---', 1)) + 1
  while (at < lines.length) {
    const line = lines[at]!
    const heading = /^(#{1,6})\s+(.*)$/.exec(line)
    if (line.trim() === '') at += 1
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]!.length, text: heading[2]! })
      at += 1
    } else if (line.startsWith('```')) {
      const code = run(lines, at + 1, (next) => !next.startsWith('```'))
      blocks.push({ kind: 'code', text: code.join('\n') })
      at += code.length + 2
    } else if (line.startsWith('    ')) {
      const code = run(lines, at, (next) => next.startsWith('    '))
      blocks.push({ kind: 'code', text: code.map((each) => each.slice(4)).join('\n') })
      at += code.length
    } else if (line.trim().startsWith('|')) {
      const rows = run(lines, at, (next) => next.trim().startsWith('|'))
      const [head = [], ...rest] = rows.filter((row) => !/^[\s|:-]+$/.test(row)).map(cells)
      blocks.push({ kind: 'table', head, rows: rest })
      at += rows.length
    } else if (/^\s*[-*]\s+/.test(line)) {
      const items = run(lines, at, (next) => /^\s*[-*]\s+/.test(next))
      blocks.push({ kind: 'list', items: items.map((item) => item.replace(/^\s*[-*]\s+/, '')) })
      at += items.length
    } else {
      const part = run(
        lines,
        at,
        (next) => next.trim() !== '' && !/^(#{1,6}\s|```|\s*\||\s*[-*]\s)/.test(next),
      )
      const took = part.length > 0 ? part : [line]
      blocks.push({ kind: 'paragraph', text: took.join(' ') })
      at += took.length
    }
  }
  return blocks
}

/** Bold and code within a line. */
function inline(text: string): ReactNode {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part, position) => {
    if (part.startsWith('**') && part.endsWith('**') && part.length > 4)
      return <strong key={position}>{part.slice(2, -2)}</strong>
    if (part.startsWith('`') && part.endsWith('`') && part.length > 2)
      return <code key={position}>{part.slice(1, -1)}</code>
    return <Fragment key={position}>{part}</Fragment>
  })
}

function BlockView({ block }: { readonly block: Block }) {
  if (block.kind === 'heading') {
    const Tag = block.level <= 1 ? 'h3' : block.level === 2 ? 'h4' : 'h5'
    return <Tag>{inline(block.text)}</Tag>
  }
  if (block.kind === 'paragraph') return <p>{inline(block.text)}</p>
  if (block.kind === 'code') return <pre className="mono">{block.text}</pre>
  if (block.kind === 'list')
    return (
      <ul>
        {block.items.map((item, position) => (
          <li key={position}>{inline(item)}</li>
        ))}
      </ul>
    )
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            {block.head.map((cell, position) => (
              <th key={position} scope="col">
                {inline(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, position) => (
            <tr key={position}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="markdown" lang="en">
      {blocksOf(text).map((block, position) => (
        <BlockView key={position} block={block} />
      ))}
    </div>
  )
}
