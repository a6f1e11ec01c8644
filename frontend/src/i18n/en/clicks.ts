/** Click to segment: its settings, and whether the image is ready for it. */
export default {
  drag: 'A drag draws',
  'drag.box': 'a box (Shift: a stroke)',
  'drag.stroke': 'a stroke (Shift: a box)',
  failed: 'Not ready',
  glance: 'Preview where the pointer rests',
  model: 'Model',
  needs: 'needs {{clicks}} clicks here',
  needsBeside: 'needs {{clicks}} clicks here, {{other}} {{otherClicks}}',
  needsHelp:
    "Clicks until a mask matches a drawn one at an IoU of 0.85, measured on this project's images that no model learned from",
  noModel: 'No click model here',
  queued: 'Getting ready: waiting for its turn…',
  refine: 'Refine the selected object (R)',
  running: 'Getting the image ready… {{percent}} %',
  runningHelp: 'Clicks are answered as soon as it is ready. You can mark the object already.',
}
