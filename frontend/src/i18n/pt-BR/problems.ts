/** What went wrong, by problem type. */
export default {
  network: 'Não foi possível falar com o servidor.',
  server: 'O servidor encontrou um erro.',
  unknown: 'Algo deu errado.',
  'type.conflict': 'Isso não é possível no estado atual.',
  'type.image-closed': 'Esta imagem está fechada para alterações.',
  'type.invalid-input': 'Alguns valores não estão certos.',
  'type.not-allowed': 'Seu papel não permite isso.',
  'type.not-found': 'Isso não existe (mais) ou não está visível para você.',
  'type.not-signed-in': 'Você não está conectado.',
  'type.too-large': 'Isso é grande demais.',
  'type.too-many-requests': 'Tentativas demais; espere um pouco.',
  'type.unsupported-format': 'Este formato não pode ser lido.',
}
