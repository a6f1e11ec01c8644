/** Log-in and invitation. */
export default {
  claim: 'Cada pixel fica onde você o colocou, e no formato que seu código de treino lê.',
  email: 'E-mail',
  foot: 'Conjuntos de dados de segmentação, desenhados com cuidado.',
  'invitation.action': 'Entrar',
  'invitation.passwordHint': 'Pelo menos 8 caracteres',
  'invitation.text': 'Escolha o nome que os outros verão e uma senha.',
  'invitation.title': 'Você foi convidado',
  'login.action': 'Entrar',
  'login.refused': 'O e-mail ou a senha não está certo.',
  'login.text': 'Que bom ver você de novo.',
  'login.title': 'Entrar',
  name: 'Nome',
  password: 'Senha',
}
