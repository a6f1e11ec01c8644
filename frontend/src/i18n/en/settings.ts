/** Project settings. */
export default {
  delete: 'Delete this project',
  'delete.action': 'Delete for ever',
  'delete.open': 'Delete project',
  'delete.text': 'Images, labels, versions and exports go with it.',
  'delete.title': 'Delete “{{name}}”?',
  'delete.warning': '{{images}} images and {{objects}} objects will be gone. This cannot be undone.',
  deleted: '“{{name}}” has been deleted',
  description: 'Description',
  general: 'General',
  name: 'Name',
  nameMissing: 'Give the project a name.',
  saved: 'The settings have been saved',
  title: 'Settings',
}
