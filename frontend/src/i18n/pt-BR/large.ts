/** Imagens grandes, cortadas em blocos antes de abrir. */
export default {
  preparing: 'Em preparação',
  preparingText:
    'Esta imagem é grande. Ela está sendo cortada em blocos para abrir na hora e nunca atrasar o seu trabalho. Abre sozinha quando isso terminar.',
  queued: 'Esperando um worker',
  failed: 'Não está pronta',
  failedTitle: 'Esta imagem não pôde ser preparada',
  retry: 'Tentar de novo',
  back: 'Voltar às imagens',
  size: '{{width}} × {{height}} pixels',
}
