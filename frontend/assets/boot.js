// Starts the app. The names of its files, which change with their content, stand on the script tag.
const { js, wasm } = document.getElementById("boot").dataset;
try {
  const { default: init } = await import(js);
  await init({ module_or_path: wasm });
} catch (error) {
  console.error(error);
  document.getElementById("broke").hidden = false;
}
