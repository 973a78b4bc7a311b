//! Pages by day as a bar chart, and as a table for screen readers and others.

use yew::prelude::*;

use crate::state::{Bar, Chart, DAYS, count, counted};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) chart: Chart,
}

/// The bars scale with the page. The labels are outside of the SVG, so that they do not.
#[component]
pub(crate) fn UsageChart(props: &Props) -> Html {
    let chart = &props.chart;
    let middle = chart.bars.get(chart.bars.len() / 2);
    let ends = [chart.bars.first(), middle, chart.bars.last()];
    html! {
        <figure class="chart">
            <figcaption class="section-title">{ format!("Pages by day, the last {DAYS} days") }</figcaption>
            <div class="chart-plot">
                <div class="chart-scale" aria-hidden="true"><span>{ count(chart.top) }</span><span>{ "0" }</span></div>
                <svg
                    class="chart-bars" role="img" aria-label={chart.summary()} viewBox={format!("0 0 {} 100", DAYS * 10)}
                    preserveAspectRatio="none"
                >
                    <path class="chart-grid" d={format!("M0 0.5H{0}M0 50H{0}M0 99.5H{0}", DAYS * 10)} />
                    { for chart.bars.iter().map(bar) }
                </svg>
                <div class="chart-days" aria-hidden="true">
                    { for ends.iter().flatten().map(|bar| html! { <span>{ bar.day.short() }</span> }) }
                </div>
            </div>
            <details class="chart-table">
                <summary>{ "The same as a table" }</summary>
                <table class="table">
                    <thead><tr><th scope="col">{ "Day (UTC)" }</th><th scope="col" class="is-number">{ "Pages" }</th></tr></thead>
                    <tbody>
                        { for chart.bars.iter().rev().map(|bar| html! {
                            <tr><th scope="row">{ bar.day.long() }</th><td class="is-number">{ count(bar.pages) }</td></tr>
                        }) }
                    </tbody>
                </table>
            </details>
        </figure>
    }
}

/// A bar in its day's column, whose tooltip covers the whole column.
fn bar(bar: &Bar) -> Html {
    let number = |number: f64| format!("{number:.2}");
    html! {
        <g>
            <title>{ format!("{}: {}", bar.day.short(), counted(bar.pages, "page")) }</title>
            <rect class="chart-column" x={number(bar.x)} y="0" width="10" height="100" />
            <rect class="chart-bar" x={number(bar.x + 1.5)} y={number(100.0 - bar.height)} width="7" height={number(bar.height)} />
        </g>
    }
}
