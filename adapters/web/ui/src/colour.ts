// The operator's colour, made readable: WCAG AA wants a contrast of 4.5 between a text and what is behind it.
type RGB = [number, number, number];

const parse = (c: string): RGB => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)) as RGB;

const luminance = (c: RGB): number => {
  const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }) as RGB;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const contrast = (a: RGB, b: RGB): number => {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number];
  return (x + 0.05) / (y + 0.05);
};

const mix = (a: RGB, b: RGB, t: number): RGB => a.map((v, i) => Math.round(v + (b[i]! - v) * t)) as RGB;

const css = (c: RGB): string => `rgb(${c.join()})`;

// palette gives the colour as a ground with its text, and as a text on the given ground. White or black always reads on a colour.
export function palette(colour: string, ground: string): { fill: string; on: string; ink: string } {
  const fill = parse(/^#[\da-f]{6}$/i.test(colour) ? colour : '#3257d6');
  const white: RGB = [255, 255, 255], black: RGB = [0, 0, 0], behind = parse(ground);
  let ink = fill;
  while (contrast(ink, behind) < 5) ink = mix(ink, luminance(behind) > 0.5 ? black : white, 0.06);
  return { fill: css(fill), on: css(contrast(fill, white) < 4.5 ? black : white), ink: css(ink) };
}
