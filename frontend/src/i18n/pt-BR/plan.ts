/** Por que cada valor de um plano de treino foi escolhido; as chaves são os códigos de ml_worker/plan.py. */
export default {
  'reason.accumulate_none': 'O lote cabe como está.',
  'reason.adamw_default': 'Estável com lotes pequenos e treinos curtos.',
  'reason.anchors_quantiles': 'Nove em cada dez caixas têm de {{low}} a {{high}} pixels.',
  'reason.augmentation_default':
    'Espelhadas, giradas um pouco, ampliadas, recoloridas. Microscópios e satélites também aceitam de cabeça para baixo.',
  'reason.augmentation_directional': '{{names}} têm direção: nada é espelhado.',
  'reason.background_class': 'Os objetos cobrem {{percent}} % dos pixels: o resto é aprendido como fundo.',
  'reason.background_gap':
    'Os objetos cobrem {{percent}} % dos pixels: o que ninguém desenhou é uma lacuna, e nada se aprende dela.',
  'reason.batch_memory': 'Tantas quantas cabem na memória.',
  'reason.batch_usual': 'Mais imagens dariam menos passos, não passos melhores.',
  'reason.chosen': 'Escolhido por uma pessoa.',
  'reason.classes_all': 'Todas as classes da paleta, na ordem dela.',
  'reason.classes_without_examples':
    '{{names}}: nenhum exemplo entre as imagens de treino, então nada se aprende delas.',
  'reason.decay_default': 'O usual.',
  'reason.detections_most': 'Uma imagem tem até {{most}} objetos.',
  'reason.ema_steps': 'Os pesos são a média do último décimo dos passos.',
  'reason.encoder_gpu': 'O usual; a GPU tem espaço para ele.',
  'reason.encoder_of_parent': 'O do modelo de que se parte.',
  'reason.encoder_packaged': 'Pequeno, e seus pesos da ImageNet vêm com o Contorno.',
  'reason.encoder_small': 'Pequeno o bastante para uma máquina sem GPU.',
  'reason.evaluate_ten': '{{count}} olhadas nas imagens de validação.',
  'reason.losses_click':
    'Entropia cruzada para cada pixel, Dice para que objetos pequenos contem tanto quanto os grandes.',
  'reason.losses_default':
    'Entropia cruzada para cada pixel; Dice, para que classes pequenas contem tanto quanto as grandes.',
  'reason.losses_detection': 'As cinco perdas da Mask R-CNN, todas com peso 1.',
  'reason.oversample_default':
    'Um terço dos recortes é feito em volta de um objeto, de uma classe sorteada por igual.',
  'reason.precision_full': 'É como esta máquina calcula mais rápido.',
  'reason.precision_mixed': 'Metade da memória e o dobro da velocidade nesta GPU.',
  'reason.rate_gentle': 'Suave, para manter o que os pesos já sabem.',
  'reason.rate_scratch': 'Tudo precisa ser aprendido.',
  'reason.scale_click': 'Os objetos são recortados um a um, cada um em seu tamanho.',
  'reason.scale_context':
    'As imagens têm {{longest}} pixels: reduzidas para que um recorte mostre o bastante ao redor.',
  'reason.scale_objects':
    'Um quarto dos objetos é menor que {{side}} pixels: reduzidos mais, eles se perderiam.',
  'reason.scale_whole': 'As imagens são pequenas o bastante para serem vistas em todo o detalhe.',
  'reason.schedule_default': 'Cai suavemente até zero, para que o fim seja o melhor.',
  'reason.seed_default': 'Qualquer número; o mesmo dá o mesmo treino.',
  'reason.size_device':
    'O que esta máquina aprende em bom tempo; a imagem do meio tem {{width}} x {{height}}.',
  'reason.steps_budget': 'O que esta máquina faz em {{minutes}} minutos.',
  'reason.steps_epochs': '{{epochs}} vezes pelos dados.',
  'reason.tiling_large':
    'A maior imagem tem {{longest}} pixels: a predição é feita por blocos que se sobrepõem.',
  'reason.tiling_whole': 'Toda imagem é pequena o bastante para uma predição inteira.',
  'reason.validation_none':
    'Nenhuma imagem rotulada está na parte de validação: algumas de treino são guardadas para isso.',
  'reason.validation_one_image':
    'Há uma só imagem rotulada: ela serve para aprender e para conferir, então os números dizem pouco.',
  'reason.warmup_share': 'Um vigésimo dos passos, para começar suavemente.',
  'reason.watershed_touching':
    '{{percent}} % dos objetos tocam outro: mais uma saída aprende a distância até a borda.',
  'reason.weights_even': 'Nenhuma classe é tão rara que precise de um peso.',
  'reason.weights_of_parent': 'Continua de um modelo deste projeto.',
  'reason.weights_packaged': 'Pesos da ImageNet para o codificador, sem baixar nada.',
  'reason.weights_rare': 'A classe mais rara tem {{ratio}} vezes menos pixels que a mais comum.',
  'reason.weights_scratch':
    'Nenhum peso deste codificador vem com o Contorno: parte do zero e precisa de mais imagens.',
  'reason.workers_cores': '{{cores}} núcleos preparam imagens ao lado do treino.',
}
