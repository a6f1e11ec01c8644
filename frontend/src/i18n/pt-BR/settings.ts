/** Project settings. */
export default {
  delete: 'Excluir este projeto',
  'delete.action': 'Excluir para sempre',
  'delete.open': 'Excluir projeto',
  'delete.text': 'Imagens, anotações, versões e exportações vão junto.',
  'delete.title': 'Excluir “{{name}}”?',
  'delete.warning':
    '{{images}} imagens e {{objects}} objetos deixarão de existir. Isso não pode ser desfeito.',
  deleted: '“{{name}}” foi excluído',
  description: 'Descrição',
  general: 'Geral',
  name: 'Nome',
  nameMissing: 'Dê um nome ao projeto.',
  saved: 'As configurações foram salvas',
  title: 'Configurações',
}
