//! The centre and the scale of models whose texts share different amounts of their vectors.

use super::*;

/// Vectors with `shared` as their first number, and one other number each.
fn sharing(shared: f32, count: usize) -> Vec<Vec<f32>> {
    let of = |at: usize| {
        let mut vector = vec![0.0; count + 1];
        (vector[0], vector[at + 1]) = (shared, (1.0 - shared * shared).sqrt());
        vector
    };
    (0..count).map(of).collect()
}

#[test]
fn the_centre_is_what_texts_share_and_nothing_of_their_own() {
    for shared in [0.2, 0.5, 0.9] {
        let vectors = sharing(shared, 32);
        let centre = centre(&vectors, 33);
        let length = dot(&centre, &centre).sqrt();
        assert!(length <= f64::from(shared) + 1e-6, "{shared}: {length}");
        assert!(0.5 * f64::from(shared) < length, "{shared}: {length}");
    }
    let centre = centre(&sharing(0.0, 32), 33);
    assert!(dot(&centre, &centre) < 1e-9, "texts that share nothing have no centre");
}

#[test]
fn an_answer_is_as_alike_in_every_model() {
    for unrelated in [0.0, 0.7] {
        let scale = Scale::new(unrelated, 0.05, 0.25);
        assert!(scale.likeness(unrelated).abs() < 1e-9);
        assert!((scale.likeness(unrelated + 0.25) - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_model_is_trusted_as_far_as_it_tells_answers_from_other_texts() {
    let trust = |deviation| Scale::new(0.1, deviation, 0.3).trust();
    assert!(trust(0.2) < trust(0.1) && trust(0.1) < trust(0.05), "the wider, the less");
    assert!(trust(0.01) <= 1.0);
}

#[test]
fn what_is_kept_of_a_model_is_what_was_measured_and_of_no_other_model() {
    let model = aios_embedding::StaticModel::bundled().unwrap();
    let measured = Background::new(&*model).unwrap();
    let kept = measured.to_kept(model.fingerprint()).unwrap();
    let again = Background::of_kept(&kept, &*model).unwrap();
    let query = model.embed_query("which pet?").unwrap();
    for (found, expected) in again.centre().iter().zip(&*measured.centre()) {
        assert!((found - expected).abs() < 1e-6);
    }
    let (found, expected) = (again.scale(&query), measured.scale(&query));
    assert!((found.likeness(0.5) - expected.likeness(0.5)).abs() < 1e-9);
    assert!((found.trust() - expected.trust()).abs() < 1e-9);
    let other = kept.replace(model.fingerprint().as_str(), "another");
    assert!(Background::of_kept(&other, &*model).is_none());
    let mut shorter: serde_json::Value = serde_json::from_str(&kept).unwrap();
    shorter["centre"].as_array_mut().unwrap().pop();
    assert!(Background::of_kept(&shorter.to_string(), &*model).is_none());
    assert!(Background::of_kept("{}", &*model).is_none());
    let given = Background::of_stored(Vec::new(), 4);
    assert!(given.to_kept(model.fingerprint()).is_none(), "the caller's vectors have none");
}

#[test]
fn the_background_of_the_bundled_transformer_is_shipped() {
    let model = aios_minilm::model().unwrap();
    let measured = Background::new(&*model).unwrap().to_kept(model.fingerprint()).unwrap();
    assert!(
        Background::of_kept(SHIPPED, &*model).is_some() && SHIPPED.trim_end() == measured,
        "the model or the sentences have changed; minilm.json is now\n{measured}"
    );
}
