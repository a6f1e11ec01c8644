/** Frame of the project page. */
export default {
  exclusive: 'No overlaps',
  sections: 'Sections of the project',
  'tab.classes': 'Classes',
  'tab.images': 'Images',
  'tab.jobs': 'Jobs',
  'tab.members': 'Members',
  'tab.models': 'Models',
  'tab.overview': 'Overview',
  'tab.queue': 'Queue',
  'tab.settings': 'Settings',
  'tab.versions': 'Versions & exports',
}
