/** Os nomes dos comandos, por id. */
export default {
  nextImage: 'Próxima imagem',
  previousImage: 'Imagem anterior',
  redo: 'Refazer',
  shortcuts: 'Atalhos do teclado',
  submit: 'Enviar a imagem',
  undo: 'Desfazer',
  zoomActual: 'Tamanho real',
  zoomFit: 'Ajustar a imagem',
  zoomSelection: 'Ampliar a seleção',
  'group.edit': 'Editar',
  'group.image': 'Imagem',
  'group.navigate': 'Ir',
  'group.object': 'Objetos',
  'group.view': 'Visualização',
  toBack: 'Para trás',
  toFront: 'Para a frente',
}
