// Documents for the journeys, made here: nothing binary is shipped.

const WORDS = 'the quick brown fox jumps over a lazy dog while seven wizards pack five dozen boxes with liquor jugs and quartz'.split(' ');

/** What stands on the image of most journeys. */
export const LINES = ['Invoice 2041', 'Seven quartz jugs for the wizards', 'To be paid within thirty days'];

/** Lines of plain words, different for each page, long enough that reading them takes a moment. */
export function prose(page, lines) {
  return Array.from({ length: lines }, (_, line) => {
    const start = (page * 7 + line * 3) % WORDS.length;
    return Array.from({ length: 11 }, (_, word) => WORDS[(start + word) % WORDS.length]).join(' ');
  });
}

/** A PDF whose pages are lists of lines, set in Helvetica; the first line of a page is its title. */
export function pdf(pages) {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'];
  const kids = [];
  for (const [title, ...lines] of pages) {
    const text = (line) => `(${line.replace(/[\\()]/g, '\\$&')}) Tj`;
    const content = `BT /F1 24 Tf 60 770 Td ${text(title)} /F1 13 Tf 17 TL 0 -30 Td ${lines.map((line) => `${text(line)} T*`).join('\n')} ET`;
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
    const number = objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${objects.length} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    );
    kids.push(`${number} 0 R`);
  }
  objects[1] = `<< /Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}] >>`;

  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${`${offset}`.padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(`${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`, 'latin1');
}

/** A PDF of so many pages, each with its number as title and so many lines. */
export function pdfOfProse(count, lines) {
  return pdf(Array.from({ length: count }, (_, index) => [`Chapter ${index + 1} begins here`, ...prose(index, lines)]));
}

/** A PNG of these lines: an image that Chromium takes of them. */
export async function image(browser, lines) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 120 + 64 * lines.length } });
  const escaped = lines.map((line) => `<p>${line.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</p>`).join('');
  await page.setContent(`<body style="margin:50px;background:#fff;color:#000;font:34px/1.3 'DejaVu Sans',sans-serif">${escaped}</body>`);
  const png = await page.screenshot();
  await page.close();
  return png;
}
