//! Text to vector: a bundled static model, BERT-family models from disk
