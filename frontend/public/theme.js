// Before the first paint: the theme that was chosen on this machine, or the system's.
;(() => {
  const chosen = localStorage.getItem('contorno.theme')
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme =
    chosen === 'light' || chosen === 'dark' ? chosen : dark ? 'dark' : 'light'
})()
