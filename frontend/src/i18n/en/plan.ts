/** Why each value of a training plan was chosen: the keys are the reason codes of ml_worker/plan.py. */
export default {
  'reason.accumulate_none': 'The batch fits as it is.',
  'reason.adamw_default': 'Steady with small batches and short trainings.',
  'reason.anchors_quantiles': 'Nine in ten boxes are {{low}} to {{high}} pixels large.',
  'reason.augmentation_default':
    'Mirrored, turned a little, zoomed, recoloured. Microscopes and satellites also bear upside down.',
  'reason.augmentation_directional': '{{names}} have a direction: nothing is mirrored.',
  'reason.background_class': 'Objects cover {{percent}} % of the pixels: the rest is learned as background.',
  'reason.background_gap':
    'Objects cover {{percent}} % of the pixels: what nobody drew is a gap, and nothing is learned from it.',
  'reason.batch_memory': 'As many as the memory holds.',
  'reason.batch_usual': 'More would make fewer steps, not better ones.',
  'reason.chosen': 'Chosen by a person.',
  'reason.classes_all': 'All classes of the palette, in its order.',
  'reason.classes_without_examples':
    '{{names}}: no example among the training images, so nothing is learned of them.',
  'reason.decay_default': 'The usual one.',
  'reason.detections_most': 'An image holds up to {{most}} objects.',
  'reason.ema_steps': 'The weights are averaged over the last tenth of the steps.',
  'reason.encoder_gpu': 'The usual one; the GPU has room for it.',
  'reason.encoder_of_parent': 'The one of the model it begins with.',
  'reason.encoder_packaged': 'Small, and its ImageNet weights come with Contorno.',
  'reason.encoder_small': 'Small enough for a machine without a GPU.',
  'reason.evaluate_ten': '{{count}} looks at the validation images.',
  'reason.losses_click':
    'Cross-entropy for every pixel, Dice so that small objects count as much as large ones.',
  'reason.losses_default':
    'Cross-entropy for every pixel; Dice, so that small classes count as much as large ones.',
  'reason.losses_detection': 'The five losses of Mask R-CNN, all with weight 1.',
  'reason.oversample_default': 'A third of the cuts is made around an object, of a class drawn evenly.',
  'reason.precision_full': 'This machine computes fastest so.',
  'reason.precision_mixed': 'Half the memory and twice the speed on this GPU.',
  'reason.rate_gentle': 'Gentle, so that what the weights know is kept.',
  'reason.rate_scratch': 'Everything has to be learned.',
  'reason.scale_click': 'Objects are cut out one by one, each at a size of its own.',
  'reason.scale_context':
    'Pictures have {{longest}} pixels: scaled so that a cut shows enough of its surroundings.',
  'reason.scale_objects':
    'A quarter of the objects is smaller than {{side}} pixels: scaled down further they would be lost.',
  'reason.scale_whole': 'Pictures are small enough to be seen in full detail.',
  'reason.schedule_default': 'Falls smoothly to zero, so that the end is the best of it.',
  'reason.seed_default': 'Any number; the same one gives the same training.',
  'reason.size_device':
    'What this machine learns from in good time; the middle picture has {{width}} x {{height}}.',
  'reason.steps_budget': 'What this machine does in {{minutes}} minutes.',
  'reason.steps_epochs': '{{epochs}} times through the data.',
  'reason.tiling_large': 'The largest picture has {{longest}} pixels: it is predicted by overlapping tiles.',
  'reason.tiling_whole': 'Every picture is small enough to be predicted whole.',
  'reason.validation_none':
    'No labelled image is in the validation split: some training images are kept back for it.',
  'reason.validation_one_image':
    'There is one labelled image: it is learned from and looked at, so the figures say little.',
  'reason.warmup_share': 'A twentieth of the steps, so that it starts gently.',
  'reason.watershed_touching':
    '{{percent}} % of the objects touch another: a further output learns the distance to the border.',
  'reason.weights_even': 'No class is so rare that it needs a weight.',
  'reason.weights_of_parent': 'It goes on from a model of this project.',
  'reason.weights_packaged': 'ImageNet weights of the encoder, without any download.',
  'reason.weights_rare': 'The rarest class has {{ratio}} times fewer pixels than the commonest.',
  'reason.weights_scratch':
    'No weights of this encoder come with Contorno: it begins from nothing and needs more images.',
  'reason.workers_cores': '{{cores}} cores prepare pictures beside the training.',
}
