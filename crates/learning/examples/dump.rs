//! dump
fn main() {
    for text in std::env::args().skip(1) {
        println!("{:#?}", aios_learning::Known::read("k", "the user", &text));
    }
}
