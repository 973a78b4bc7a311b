// Sets the chosen theme before the first frame, so that nothing flashes.
try {
  document.documentElement.dataset.theme = localStorage.getItem("inkstream-theme") ?? "auto";
} catch {
  // Storage is refused: the system's theme it is.
}
