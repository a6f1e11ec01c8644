/** Copying and pasting objects. */
export default {
  done_one: '{{count}} object pasted',
  done_other: '{{count}} objects pasted',
  missing: 'This project lacks classes that the copied objects have',
  broken: 'The copied objects are damaged; nothing was changed',
  foreign: 'There are no objects on the clipboard',
  readOnly: 'This image can only be looked at',
  nothing: 'Nothing of it fits into this image',
}
