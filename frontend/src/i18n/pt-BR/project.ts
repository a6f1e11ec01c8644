/** Frame of the project page. */
export default {
  exclusive: 'Sem sobreposição',
  sections: 'Seções do projeto',
  'tab.classes': 'Classes',
  'tab.images': 'Imagens',
  'tab.jobs': 'Tarefas',
  'tab.members': 'Membros',
  'tab.models': 'Modelos',
  'tab.overview': 'Visão geral',
  'tab.queue': 'Fila',
  'tab.settings': 'Configurações',
  'tab.versions': 'Versões e exportações',
}
