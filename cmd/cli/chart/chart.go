// Package chart draws curves of shares as one self-contained SVG file. It measures nothing.
package chart

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"math"
)

// Chart is one picture: both axes go from 0 to 1.
type Chart struct {
	Title string
	X, Y  string // what the axes show
	Lines []Line
}

// Line is one curve; a line of one point is a mark.
type Line struct {
	Name   string
	Points []Point
}

// Point is one point of a curve, each part 0 to 1; what lies beyond is drawn at the border.
type Point struct{ X, Y float64 }

// Size of the picture and of the field in it.
const (
	width, height            = 720, 480
	left, right, top, bottom = 64, 24, 48, 56
	legend                   = 20 // a row of it
)

// colours of lines, in order; they are told apart by people who see fewer colours, too.
func colour(i int) string {
	return []string{"#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#475569"}[i%6]
}

// Write draws the chart.
func (c Chart) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	x := func(v float64) float64 { return left + clamp(v)*(width-left-right) }
	y := func(v float64) float64 { return height - bottom - clamp(v)*(height-top-bottom) }
	whole := height + legend*len(c.Lines) // the legend stands below, where it hides no line
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#1f2937">`+"\n", width, whole)
	fmt.Fprintf(b, `<title>%s</title><rect width="%d" height="%d" fill="#fff"/>`+"\n", html.EscapeString(c.Title), width, whole)
	for i := range 6 {
		v := float64(i) / 5
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1fM%.1f %.1fH%.1f" stroke="#e5e7eb" fill="none"/>`+"\n", x(v), y(0), y(1), x(0), y(v), x(1))
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.1f</text><text x="%.1f" y="%.1f" text-anchor="end">%.1f</text>`+"\n",
			x(v), y(0)+18, v, x(0)-8, y(v)+4, v)
	}
	fmt.Fprintf(b, `<text x="%d" y="26" font-size="16">%s</text>`+"\n", left, html.EscapeString(c.Title))
	fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", (x(0)+x(1))/2, height-14, html.EscapeString(c.X))
	fmt.Fprintf(b, `<text transform="translate(20 %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (y(0)+y(1))/2, html.EscapeString(c.Y))
	for i, l := range c.Lines {
		c.line(b, l, colour(i), x, y)
		fmt.Fprintf(b, `<path d="M%d %dh18" stroke="%s" stroke-width="3"/><text x="%d" y="%d">%s</text>`+"\n",
			left, height+legend*i, colour(i), left+26, height+legend*i+4, html.EscapeString(l.Name))
	}
	fmt.Fprintln(b, "</svg>")
	return b.Flush()
}

func (c Chart) line(b *bufio.Writer, l Line, colour string, x, y func(float64) float64) {
	if len(l.Points) == 1 {
		p := l.Points[0]
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="5" fill="%s"><title>%.3f, %.3f</title></circle>`+"\n", x(p.X), y(p.Y), colour, p.X, p.Y)
		return
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, colour)
	for i, p := range l.Points {
		if i > 0 {
			_ = b.WriteByte(' ')
		}
		fmt.Fprintf(b, "%.1f,%.1f", x(p.X), y(p.Y))
	}
	fmt.Fprint(b, `"/>`+"\n")
}

func clamp(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, 0), 1)
}
