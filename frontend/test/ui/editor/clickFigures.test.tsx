/** What the bar of click to segment says of a model: figures that were measured, in both languages. */
import { cleanup, render, screen } from '@testing-library/react'
import i18next from 'i18next'
import { afterEach, describe, expect, test } from 'vitest'

import { type ClickModel, figuresOf } from '@/core/clicks'
import '@/i18n'
import { Figures } from '@/ui/editor/tools/ClickOptions'
import { TooltipProvider } from '@/ui/kit/Tooltip'

const model = (name: string, needed: number | null, problem = ''): ClickModel => ({
  name,
  title: name.toUpperCase(),
  usual: false,
  problem,
  needed,
})

describe('the figures of a model', () => {
  test('stand beside those of the best of the others', () => {
    const models = [model('own', 3.1), model('older', 5), model('sam', 4.4)]
    expect(figuresOf(models, 'own')).toEqual({ own: 3.1, beside: { title: 'SAM', needed: 4.4 } })
    expect(figuresOf(models, 'sam')).toEqual({ own: 4.4, beside: { title: 'OWN', needed: 3.1 } })
  })

  test('stand alone where nothing else was measured or works', () => {
    expect(figuresOf([model('own', 3.1), model('sam', null)], 'own')).toEqual({ own: 3.1, beside: null })
    expect(figuresOf([model('own', 3.1), model('sam', 2, 'missing')], 'own')?.beside).toBeNull()
  })

  test('are not invented', () => {
    expect(figuresOf([model('own', 3.1), model('sam', null)], 'sam')).toBeNull()
    expect(figuresOf([], 'sam')).toBeNull()
  })
})

describe('the bar', () => {
  afterEach(async () => {
    cleanup()
    await i18next.changeLanguage('en')
  })

  const shown = (language: string, figures: Parameters<typeof Figures>[0]['figures']) => {
    const clicks = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
    render(
      <TooltipProvider>
        <Figures figures={figures} clicks={clicks} />
      </TooltipProvider>,
    )
    return screen.queryByTestId('click-figures')?.textContent
  }

  test('says how many clicks the model needs here, and the other one', () => {
    expect(shown('en', { own: 3.1, beside: { title: 'MobileSAM', needed: 4.38 } })).toBe(
      'needs 3.1 clicks here, MobileSAM 4.4',
    )
  })

  test('says it in Portuguese', async () => {
    await i18next.changeLanguage('pt-BR')
    expect(shown('pt-BR', { own: 3, beside: { title: 'MobileSAM', needed: 4.4 } })).toBe(
      'precisa de 3,0 cliques aqui, MobileSAM de 4,4',
    )
  })

  test('says nothing of a model that nobody measured', () => {
    expect(shown('en', null)).toBeUndefined()
  })
})
