//! dump
fn main() {
    let mut heard = aios_learning::Heard::default();
    for text in std::env::args().skip(1) {
        let m = aios_learning::Message::new("m", text).with_time("2023-08-14T12:00:00Z".parse().unwrap(), 0).with_names("Ada", "Bo");
        let l = aios_learning::Extractor::default().extract(&m, None, &mut heard);
        println!("{:.2}", l.worth.score);
        for d in l.drafts { println!("   {} | {:?}={:?} | {} | {:?} {:?}", d.subject, d.attribute, d.value, d.text, d.when.map(|w| w.iso), d.until.map(|w|w.iso)); 
         if std::env::var_os("K").is_some() { println!("{:#?}", aios_learning::Known::read("k", "Ada", &d.text)); } }
    }
}
