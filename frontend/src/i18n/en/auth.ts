/** Log-in and invitation. */
export default {
  claim: 'Every pixel ends up where you put it, and in the format your training code reads.',
  email: 'E-mail',
  foot: 'Segmentation datasets, drawn with care.',
  'invitation.action': 'Join',
  'invitation.passwordHint': 'At least 8 characters',
  'invitation.text': 'Choose the name that others will see, and a password.',
  'invitation.title': 'You are invited',
  'login.action': 'Sign in',
  'login.refused': 'The e-mail address or the password is not right.',
  'login.text': 'Welcome back.',
  'login.title': 'Sign in',
  name: 'Name',
  password: 'Password',
}
