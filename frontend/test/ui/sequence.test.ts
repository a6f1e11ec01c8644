/** The pure parts of sequences: which object is the same in another frame, and a video's options as they are sent. */
import { describe, expect, test } from 'vitest'

import { type AnnotationRecord, makeBox, newRecord, trackOf, withFields } from '@/core/document'
import { nearestTwin } from '@/ui/editor/sequence/join'
import { isVideo, USUAL_CHOICE, videoField } from '@/ui/versions/video'

function box(id: string, x: number, classIndex = 1, track?: string): AnnotationRecord {
  const record = newRecord({ id, classIndex }, { kind: 'box', box: makeBox(x, 0, x + 10, 10) })
  return track === undefined ? record : withFields(record, { track })
}

describe('the same object in another frame', () => {
  test('is the nearest of its class and kind', () => {
    const others = [box('far', 80), box('near', 14), box('other-class', 10, 2)]
    expect(nearestTwin(box('mine', 10), others, new Set())?.id).toBe('near')
  })

  test('is none whose track is in this frame already', () => {
    const others = [box('near', 12, 1, 'taken'), box('far', 80)]
    expect(nearestTwin(box('mine', 10), others, new Set(['taken']))?.id).toBe('far')
    expect(nearestTwin(box('mine', 10), others, new Set(['taken', 'far']))).toBeNull()
  })

  test('has its own id for its track until another is said', () => {
    expect(trackOf(box('a', 0))).toBe('a')
    expect(trackOf(box('a', 0, 1, 'b'))).toBe('b')
    expect(trackOf(withFields(box('a', 0), { track: null }))).toBe('a')
  })
})

describe('a video’s options', () => {
  test('only what was chosen is sent', () => {
    expect(videoField(USUAL_CHOICE)).toEqual({ format: 'jpeg', quality: 92 })
    expect(videoField({ ...USUAL_CHOICE, which: 'every', every: '3', side: '640', kept: 'png' })).toEqual({
      every: 3,
      longest_side: 640,
      format: 'png',
    })
    expect(
      videoField({ ...USUAL_CHOICE, which: 'rate', perSecond: '2.5', start: '1', end: '9' }),
    ).toMatchObject({
      per_second: 2.5,
      start: 1,
      end: 9,
    })
  })

  test('what is no number is sent as it is, for the server to say what is allowed', () => {
    expect(videoField({ ...USUAL_CHOICE, which: 'every', every: '' })).toMatchObject({ every: '' })
  })

  test('videos are told by their name or their type', () => {
    const file = (name: string, type = '') => ({ path: name, file: new File([], name, { type }) })
    expect(isVideo(file('a/CLIP.MP4'))).toBe(true)
    expect(isVideo(file('clip', 'video/webm'))).toBe(true)
    expect(isVideo(file('clip.jpg', 'image/jpeg'))).toBe(false)
  })
})
