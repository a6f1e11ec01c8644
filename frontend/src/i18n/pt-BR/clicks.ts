/** Clicar para segmentar: seus ajustes, e se a imagem está pronta para isso. */
export default {
  drag: 'Arrastar desenha',
  'drag.box': 'uma caixa (Shift: um traço)',
  'drag.stroke': 'um traço (Shift: uma caixa)',
  failed: 'Não está pronta',
  glance: 'Prévia onde o ponteiro repousa',
  model: 'Modelo',
  needs: 'precisa de {{clicks}} cliques aqui',
  needsBeside: 'precisa de {{clicks}} cliques aqui, {{other}} de {{otherClicks}}',
  needsHelp:
    'Cliques até a máscara coincidir com a desenhada com IoU de 0,85, medidos nas imagens deste projeto com as quais nenhum modelo aprendeu',
  noModel: 'Nenhum modelo de clique aqui',
  queued: 'Preparando a imagem: aguardando a vez…',
  refine: 'Refinar o objeto selecionado (R)',
  running: 'Preparando a imagem… {{percent}} %',
  runningHelp: 'Os cliques são respondidos assim que ela estiver pronta. Você já pode marcar o objeto.',
}
