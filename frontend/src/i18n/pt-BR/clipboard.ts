/** Copiar e colar objetos. */
export default {
  done_one: '{{count}} objeto colado',
  done_other: '{{count}} objetos colados',
  missing: 'Faltam neste projeto classes que os objetos copiados têm',
  broken: 'Os objetos copiados estão danificados; nada foi alterado',
  foreign: 'Não há objetos na área de transferência',
  readOnly: 'Esta imagem só pode ser vista',
  nothing: 'Nada disso cabe nesta imagem',
}
