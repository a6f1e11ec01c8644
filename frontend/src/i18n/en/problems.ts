/** What went wrong, by problem type. */
export default {
  network: 'The server could not be reached.',
  server: 'The server ran into an error.',
  unknown: 'Something went wrong.',
  'type.conflict': 'This is not possible as things are now.',
  'type.image-closed': 'This image is closed for changes.',
  'type.invalid-input': 'Some values are not right.',
  'type.not-allowed': 'Your role does not allow this.',
  'type.not-found': 'This does not exist (any more), or is not visible to you.',
  'type.not-signed-in': 'You are signed out.',
  'type.too-large': 'This is too large.',
  'type.too-many-requests': 'Too many attempts; wait a little.',
  'type.unsupported-format': 'This format cannot be read.',
}
