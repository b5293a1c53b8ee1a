//! Replicate as it usually behaves: a prediction starts, runs for some looks, and succeeds with a file.

use super::{Answer, House, Request, locked, picture_png};
use serde_json::{Value, json};
use std::sync::Mutex;

/// The predictions of one server.
#[derive(Debug)]
pub(super) struct Predictions(Mutex<State>);

#[derive(Debug)]
struct State {
    looks: u32,
    all: Vec<Prediction>,
}

#[derive(Debug)]
struct Prediction {
    order: Value,
    looks_left: u32,
    status: &'static str,
}

impl Default for Predictions {
    fn default() -> Self {
        Self(Mutex::new(State { looks: 1, all: Vec::new() }))
    }
}

impl Predictions {
    pub(super) fn run_for(&self, looks: u32) {
        locked(&self.0).looks = looks;
    }

    pub(super) fn statuses(&self) -> Vec<String> {
        locked(&self.0).all.iter().map(|prediction| prediction.status.to_owned()).collect()
    }

    /// Makes a prediction, or changes one, and describes it.
    fn change(&self, url: &str, id: Option<&str>, change: impl FnOnce(&mut State, usize)) -> Option<Value> {
        let mut state = locked(&self.0);
        let place = match id {
            Some(id) => id.strip_prefix("fake")?.parse().ok()?,
            None => state.all.len(),
        };
        change(&mut state, place);
        let prediction = state.all.get(place)?;
        let file = format!("{url}/files/{place}.png");
        let output = match (prediction.status, prediction.order.pointer("/input/image")) {
            ("succeeded", Some(_)) => json!(file),
            ("succeeded", None) => json!([file]),
            _ => Value::Null,
        };
        Some(json!({
            "id": format!("fake{place}"),
            "version": prediction.order.get("version"),
            "input": prediction.order.get("input"),
            "status": prediction.status,
            "output": output,
            "error": null,
            "logs": "",
            "metrics": {"predict_time": 1.5},
            "urls": {"get": format!("{url}/v1/predictions/fake{place}")},
        }))
    }

    fn order(&self, place: usize) -> Option<Value> {
        locked(&self.0).all.get(place).map(|prediction| prediction.order.clone())
    }
}

/// What Replicate answers; `None` if it is not asked.
pub(super) fn answer(house: &House, request: &Request) -> Option<Answer> {
    let mut segments = request.path.trim_start_matches('/').split('/');
    match (request.method.as_str(), segments.next()?, segments.next()?, segments.next(), segments.next()) {
        ("GET", "files", name, None, None) => file(house, name),
        (_, "v1", "predictions", ..) if request.header("authorization").is_none() => Some(Answer::json(
            401,
            &json!({"title": "Unauthenticated", "detail": "You did not pass an authentication token", "status": 401}),
        )),
        ("POST", "v1", "predictions", None, None) => create(house, request),
        ("GET", "v1", "predictions", Some(id), None) => look(house, id),
        ("POST", "v1", "predictions", Some(id), Some("cancel")) => cancel(house, id),
        _ => None,
    }
}

fn create(house: &House, request: &Request) -> Option<Answer> {
    let order = request.json();
    let described = house.predictions.change(&house.url, None, |state, _| {
        state.all.push(Prediction { order, looks_left: state.looks, status: "starting" });
    });
    described.map(|body| Answer::json(201, &body))
}

fn look(house: &House, id: &str) -> Option<Answer> {
    let described = house.predictions.change(&house.url, Some(id), |state, place| {
        let Some(prediction) = state.all.get_mut(place) else { return };
        if matches!(prediction.status, "starting" | "processing") {
            prediction.status = if prediction.looks_left == 0 { "succeeded" } else { "processing" };
            prediction.looks_left = prediction.looks_left.saturating_sub(1);
        }
    });
    described.map(|body| Answer::json(200, &body))
}

fn cancel(house: &House, id: &str) -> Option<Answer> {
    let described = house.predictions.change(&house.url, Some(id), |state, place| {
        let Some(prediction) = state.all.get_mut(place) else { return };
        if matches!(prediction.status, "starting" | "processing") {
            prediction.status = "canceled";
        }
    });
    described.map(|body| Answer::json(200, &body))
}

fn file(house: &House, name: &str) -> Option<Answer> {
    let place = name.strip_suffix(".png")?.parse().ok()?;
    let order = house.predictions.order(place)?;
    let seed = order.pointer("/input/seed").and_then(Value::as_u64).unwrap_or_default();
    let is_cut_out = order.pointer("/input/image").is_some();
    // Each file differs, or one picture in the place of another would not be noticed.
    let seed = u32::try_from(seed).unwrap_or_default().wrapping_add(u32::try_from(place).unwrap_or_default());
    Some(Answer::bytes(200, "image/png", picture_png(seed, is_cut_out)))
}
