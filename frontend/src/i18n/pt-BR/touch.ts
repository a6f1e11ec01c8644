/** Os botões para dedos e canetas. */
export default {
  back: 'Voltar',
  bar: 'Botões de toque',
  cancel: 'Cancelar',
  done: 'Pronto',
  fingerDraws: 'Um dedo desenha',
  fingerMoves: 'Um dedo move a imagem',
  undo: 'Desfazer',
}
