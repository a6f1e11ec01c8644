/** The buttons for fingers and pens. */
export default {
  back: 'Back',
  bar: 'Touch buttons',
  cancel: 'Cancel',
  done: 'Done',
  fingerDraws: 'One finger draws',
  fingerMoves: 'One finger moves the image',
  undo: 'Undo',
}
