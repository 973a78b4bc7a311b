//! Each family's answers, as vLLM streams them.

use inkstream_core::ports::{Engine, EngineErrorKind as Kind, ReadRequest};
use inkstream_engines::{Marked, OpenAiConfig, OpenAiEngine, Profile};
use inkstream_testkit::{
    engine::{RECORDINGS, Script, ScriptedEngine},
    fixtures,
};
use inkstream_wire::{BoxKind, SizeMode, Task};

use crate::support::{config, drain, image, places, read_as, request};

#[tokio::test]
async fn every_profile_reads_a_recording_of_one_of_its_models() {
    for profile in Profile::all() {
        let is_of = |stream: &str| {
            let model = stream.split_once("\"model\":\"").and_then(|(_, rest)| rest.split_once('"'));
            model.is_some_and(|(model, _)| Profile::guess(model) == profile)
        };
        let mut texts = Vec::new();
        for (name, _) in RECORDINGS.iter().filter(|(_, stream)| is_of(stream)) {
            let engine = OpenAiConfig { profile, ..config("http://127.0.0.1:9/v1") };
            let task = OpenAiEngine::new(engine).unwrap().info().capabilities.tasks[0];
            let page = read_as(profile.as_str(), ReadRequest::new(task), Script::recorded(name)).await;
            texts.extend(page.error.is_none().then(|| page.text()));
        }
        assert!(
            texts.iter().any(|text| !text.is_empty()),
            "no recording in testkit/fixtures is of {}",
            profile.as_str()
        );
    }
}

#[tokio::test]
async fn nanonets_page_numbers_and_watermarks_are_the_operators_choice() {
    let page = read_as("nanonets-ocr-s", request(), Script::recorded("nanonets")).await;
    assert!(page.text().starts_with("# Harbour dues for October\n\n"));
    assert!(page.text().ends_with("<watermark>OFFICIAL COPY</watermark>\n\n<page_number>3/12</page_number>"));

    let scripted = ScriptedEngine::start(Script::recorded("nanonets")).await.unwrap();
    let mut config = config(scripted.base_url());
    config.profile = "nanonets-ocr-s".parse().unwrap();
    (config.page_numbers, config.watermarks) = (Marked::Drop, Marked::Drop);
    let page = drain(OpenAiEngine::new(config).unwrap().read(image(), request())).await;
    assert!(page.text().starts_with("# Harbour dues for October\n\n"));
    assert!(page.text().trim().ends_with("<img>A lighthouse on a rock</img>"));
}

#[tokio::test]
async fn lightonocr_glm_paddle_and_dots_answer_with_the_pages_text() {
    for (profile, task, start, end) in [
        ("lightonocr", Task::Markdown, "# Harbour dues for October\n\nShips", "The sum is $60.50$."),
        // The fence around the page is removed.
        ("glm-ocr", Task::Markdown, "## Harbour dues for October\n\nShips", "</table>"),
        ("paddleocr-vl", Task::Text, "Harbour dues for October\nShips", "Marigold 3 12.50"),
        ("dots-ocr", Task::Text, "# Harbour dues for October\n\nShips", "- Quartz, 11 days"),
    ] {
        let page = read_as(profile, ReadRequest::new(task), Script::recorded(profile)).await;
        let text = page.text();
        assert!(text.starts_with(start) && text.ends_with(end), "{profile}: {text}");
        assert_eq!(page.reason(), Some("stop"), "{profile}");
    }
}

#[tokio::test]
async fn olmocrs_front_matter_is_metadata() {
    let page = read_as("olmocr", request(), Script::recorded("olmocr")).await;
    assert_eq!(page.text(), fixtures::page::TEXT.trim_end());
    let metadata = page.finish.unwrap().metadata.unwrap();
    assert_eq!(metadata.primary_language.as_deref(), Some("en"));
    assert!(metadata.is_rotation_valid);
}

#[tokio::test]
async fn a_rotated_page_is_retried_with_olmocr_until_the_last_attempt() {
    let page = read_as("olmocr", request(), Script::recorded("olmocr-turned")).await;
    let error = page.error.unwrap();
    assert_eq!((page.started, error.kind, error.rotation), (0, Kind::Invalid, Some(90)));
    let last = ReadRequest { last: true, ..request() };
    let page = read_as("olmocr", last, Script::recorded("olmocr-turned")).await;
    assert_eq!(page.finish.unwrap().metadata.unwrap().rotation_correction, 90);
}

#[tokio::test]
async fn a_blank_page_that_olmocr_says_is_blank_is_an_answer() {
    let page = read_as("olmocr", request(), Script::recorded("olmocr-blank")).await;
    assert_eq!((page.text().as_str(), page.reason()), ("", Some("stop")));
}

#[tokio::test]
async fn a_truncated_answer_of_olmocr_is_repeated_where_resets_are_allowed() {
    let head = "---\nprimary_language: en\nis_rotation_valid: True\nrotation_correction: 0\nis_table: False\n\
                is_diagram: False\n---\n";
    let cut = || Script::stream().role().delta(head).delta("half a wor").finish("length").done();
    for (resets, last, again) in [(true, false, true), (true, true, false), (false, false, false)] {
        let page = read_as("olmocr", ReadRequest { resets, last, ..request() }, cut()).await;
        assert_eq!(page.text(), "half a wor");
        if again {
            assert_eq!(page.error.unwrap().kind, Kind::Invalid);
        } else {
            assert_eq!(page.reason(), Some("length"));
        }
    }
}

#[tokio::test]
async fn deepseeks_blocks_and_figures_are_boxes_and_its_tags_are_no_text() {
    let page = read_as("deepseek-ocr", request(), Script::recorded("deepseek-figure")).await;
    assert_eq!(page.text(), "# Report \n\n\nSales rose by 7%.");
    assert_eq!(
        places(&page),
        [
            (BoxKind::Block, [100, 50, 799, 49], "# Report".to_owned()),
            (BoxKind::Figure, [0, 500, 999, 499], String::new()),
            (BoxKind::Block, [100, 120, 799, 280], "Sales rose by 7%.".to_owned()),
        ]
    );
    assert_eq!(
        (page.bounds.first(), page.bounds.last()),
        (Some(&Some([100, 50, 799, 49])), Some(&Some([100, 120, 799, 280])))
    );
    assert_eq!(page.finish.unwrap().size_applied, Some(SizeMode::new("gundam")));
}

#[tokio::test]
async fn deepseeks_layout_is_lines_with_their_boxes() {
    let layout = ReadRequest { task: Task::Layout, size: Some(SizeMode::new("base")), ..request() };
    let page = read_as("deepseek-ocr", layout, Script::recorded("deepseek-layout")).await;
    let lines: Vec<&str> = fixtures::page::TEXT.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(page.deltas, lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>());
    let places = places(&page);
    assert_eq!(places.iter().map(|place| place.2.as_str()).collect::<Vec<_>>(), lines);
    assert_eq!(page.bounds, places.iter().map(|place| Some(place.1)).collect::<Vec<_>>());
    assert_eq!(places[0], (BoxKind::Line, [89, 98, 429, 39], lines[0].to_owned()));
    assert_eq!(page.finish.unwrap().size_applied, Some(SizeMode::new("base")));
}

#[tokio::test]
async fn deepseek_returns_every_box_of_a_reference_or_none() {
    let locate = || ReadRequest { task: Task::Locate, reference: Some("eleven".to_owned()), ..request() };
    let page = read_as("deepseek-ocr", locate(), Script::recorded("deepseek-locate")).await;
    assert_eq!(page.deltas, ["eleven\n", "eleven\n"]);
    assert_eq!(
        places(&page),
        [[343, 425, 74, 21], [357, 469, 71, 21]].map(|bounds| (BoxKind::Reference, bounds, "eleven".to_owned()))
    );
    let page = read_as("deepseek-ocr", locate(), Script::text(["<｜end▁of▁sentence｜>"])).await;
    assert_eq!((page.text().as_str(), page.boxes().len()), ("", 0));
}

#[tokio::test]
async fn a_figure_alone_is_an_answer() {
    let tag = "<|ref|>image<|/ref|><|det|>[[0,0,999,999]]<|/det|>\n";
    let page = read_as("deepseek-ocr", request(), Script::text([tag])).await;
    assert_eq!((page.text().as_str(), places(&page).len()), ("", 1));
}

#[tokio::test]
async fn no_other_family_reads_grounding_tags() {
    let tag = "a <|ref|>b<|/ref|><|det|>[[0,0,9,9]]<|/det|>";
    for profile in ["plain", "nanonets-ocr-s"] {
        let page = read_as(profile, request(), Script::text([tag])).await;
        assert_eq!((page.text().as_str(), page.boxes().len()), (tag, 0));
    }
}

#[tokio::test]
async fn a_fence_around_a_plain_models_page_is_taken_off() {
    let page = read_as("plain", request(), Script::text(["```", "mark", "down\n", "# A", "\n\nb\n", "```"])).await;
    assert_eq!(page.text(), "# A\n\nb");
    let page = read_as("plain", request(), Script::text(["```markdown\n", "```"])).await;
    assert_eq!(page.error.unwrap().kind, Kind::Invalid, "a fence around nothing is empty");
}

#[tokio::test]
async fn a_looping_answer_is_cut_and_the_engine_freed() {
    let script = Script::stream().role().delta("and so on ").repeat(1_000).stall();
    let (scripted, events) = crate::support::reading(script).await;
    let page = drain(events).await;
    assert!(page.text().len() < 3_000, "{} bytes of it went out", page.text().len());
    let error = page.error.unwrap();
    assert_eq!(error.detail, "The engine's answer repeats itself without end.");
    assert_eq!(error.kind, Kind::Repetition);
    scripted.hung_up(1).await;
}

#[tokio::test]
async fn a_repetition_that_vllm_has_found_itself_is_the_same() {
    let page = read_as("plain", request(), Script::recorded("repetition-detected")).await;
    assert_eq!(page.error.unwrap().kind, Kind::Repetition);
}

#[tokio::test]
async fn a_table_of_a_hundred_equal_rows_is_no_repetition() {
    let rows = "| 0 | 0 |\n".repeat(100);
    let page = read_as("plain", request(), Script::text([rows.as_str()])).await;
    assert_eq!(page.text(), rows);
}
