/** Large images, which are cut into tiles before they open. */
export default {
  preparing: 'Being prepared',
  preparingText:
    'This image is large. It is being cut into tiles so that it opens at once and never slows you down. It opens by itself when that is done.',
  queued: 'Waiting for a worker',
  failed: 'Not ready',
  failedTitle: 'This image could not be prepared',
  retry: 'Try again',
  back: 'Back to the images',
  size: '{{width}} × {{height}} pixels',
}
