/** The names of the commands, by their ids. */
export default {
  nextImage: 'Next image',
  previousImage: 'Previous image',
  redo: 'Redo',
  shortcuts: 'Keyboard shortcuts',
  submit: 'Submit the image',
  undo: 'Undo',
  zoomActual: 'Actual size',
  zoomFit: 'Fit the image',
  zoomSelection: 'Zoom to the selection',
  'group.edit': 'Edit',
  'group.image': 'Image',
  'group.navigate': 'Go',
  'group.object': 'Objects',
  'group.view': 'View',
  toBack: 'To the back',
  toFront: 'To the front',
}
