//! Tests of the pictures: each attribute shows, a seed keeps its character, the same order gives the same bytes.

use super::*;
use crate::look::{Expression, Pose};
use crate::port::SOFTNESS_MAX;

const BUST: Picture = Picture { pose: Pose::Bust, expression: Expression::Happy };

#[tokio::test]
async fn an_order_is_filled_with_a_png_of_its_seed() {
    let order = PaintOrder::new(Look::from_seed(9), BUST);
    let painted = OfflinePainter.paint(&order).await.unwrap();
    assert_eq!((painted.model.as_str(), painted.seed, painted.cost_units), ("offline", 9, 1));
    assert_eq!(painted.png, png(order.look, BUST, true).unwrap());
    assert!(OfflinePainter.missing().is_empty());
    assert_eq!(OfflinePainter.name(), "offline");
}

#[tokio::test]
async fn softness_changes_nothing() {
    let order = PaintOrder::new(Look::default(), BUST);
    let soft = PaintOrder { softness: SOFTNESS_MAX, ..order.clone() };
    assert_eq!(OfflinePainter.paint(&order).await, OfflinePainter.paint(&soft).await);
}

#[tokio::test]
async fn a_cut_out_is_the_transparent_picture_and_cutting_again_changes_nothing() {
    let order = PaintOrder::new(Look::from_seed(4), BUST);
    let painted = OfflinePainter.paint(&order).await.unwrap();
    let once = OfflinePainter.cut_out(&order, &painted).await.unwrap();
    let twice = OfflinePainter.cut_out(&order, &once).await.unwrap();
    let clear = PaintOrder { look: Look { is_transparent: true, ..order.look }, ..order };
    assert_ne!(once.png, painted.png);
    assert_eq!(once, twice);
    assert_eq!(once, OfflinePainter.paint(&clear).await.unwrap());
}

#[tokio::test]
async fn it_does_not_cut_out_what_it_did_not_paint() {
    let order = PaintOrder::new(Look::from_seed(4), BUST);
    let own = OfflinePainter.paint(&order).await.unwrap();
    for strange in [Painted { model: "anything-v4.0".into(), ..own.clone() }, Painted { seed: 5, ..own }] {
        let failure = OfflinePainter.cut_out(&order, &strange).await.unwrap_err();
        assert!(matches!(&failure, Failure::BadAttribute { .. }), "{failure}");
        assert!(failure.to_string().contains(&strange.model), "{failure}");
    }
}

#[tokio::test]
async fn an_order_called_off_is_not_painted() {
    let order = PaintOrder::new(Look::default(), BUST);
    order.cancel.cancel();
    assert_eq!(OfflinePainter.paint(&order).await, Err(Failure::CalledOff));
}

#[tokio::test]
async fn orders_are_filled_side_by_side_with_the_same_bytes() {
    let order = PaintOrder::new(Look::from_seed(77), BUST);
    let (one, two) = tokio::join!(OfflinePainter.paint(&order), OfflinePainter.paint(&order));
    assert_eq!(one.unwrap().png, two.unwrap().png);
}
