/** Frame of the project page. */
export default {
  exclusive: 'No overlaps',
  sections: 'Sections of the project',
  'tab.classes': 'Classes',
  'tab.images': 'Images',
  'tab.jobs': 'Jobs',
  'tab.members': 'Members',
  'tab.overview': 'Overview',
  'tab.settings': 'Settings',
  'tab.versions': 'Versions & exports',
}
