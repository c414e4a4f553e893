//! Reading the graph: all of it, by a text, or by names.

use std::{collections::BTreeSet, ops::ControlFlow};

use aios_record::Identity;
use aios_working::FactQuery;

use super::{
    Graph, KnowledgeGraph, Mark,
    element::{self, Element},
    set,
};
use crate::Error;

/// Facts of a page.
const PAGE: usize = 1000;
/// Maximum number of facts in a read of the whole graph; the last stated ones are read.
const FACTS_MAX: usize = 50_000;

impl Graph<'_> {
    /// Returns the whole graph.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn read(&self) -> Result<KnowledgeGraph, Error> {
        let mut found = Vec::new();
        let mut is_partial = false;
        let mut count = 0;
        self.scan(None, |element| {
            count += 1;
            is_partial = FACTS_MAX < count;
            if is_partial {
                return ControlFlow::Break(());
            }
            found.push(element);
            ControlFlow::Continue(())
        })
        .await?;
        // A scan reads the newest fact first.
        found.reverse();
        let mut elements = self.notes().await?;
        elements.extend(found);
        element::sort(&mut elements);
        Ok(KnowledgeGraph { is_partial, ..KnowledgeGraph::of(elements) })
    }

    /// Returns the entities whose name, type or observations contain `query`, and the relations of
    /// at least one of them. Case is ignored. An empty text selects all.
    ///
    /// # Errors
    /// As [`read`](Graph::read).
    pub async fn search(&self, query: &str) -> Result<KnowledgeGraph, Error> {
        let query = query.to_lowercase();
        let has = |text: &String| text.to_lowercase().contains(&query);
        let mut graph = self.read().await?;
        graph.retain(|entity| {
            has(&entity.name) || has(&entity.entity_type) || entity.observations.iter().any(has)
        });
        Ok(graph)
    }

    /// Returns the entities of these names, and the relations of at least one of them. Unknown
    /// names are ignored.
    ///
    /// # Errors
    /// As [`read`](Graph::read).
    pub async fn open(&self, names: &[String]) -> Result<KnowledgeGraph, Error> {
        let names = set(names.iter().map(String::as_str));
        let mut graph = KnowledgeGraph::of(self.around(&names).await?);
        graph.retain(|entity| names.contains(entity.name.as_str()));
        Ok(graph)
    }

    /// Returns the elements that describe these entities: their types, observations, and the
    /// relations that start there.
    pub(super) async fn elements_of(&self, names: &BTreeSet<&str>) -> Result<Vec<Element>, Error> {
        let mut elements = self.notes().await?;
        elements.retain(|element| names.contains(element.name()));
        self.add_facts_of(names, &mut elements).await?;
        element::sort(&mut elements);
        Ok(elements)
    }

    /// Adds the elements that describe these entities and are facts.
    async fn add_facts_of(
        &self,
        names: &BTreeSet<&str>,
        elements: &mut Vec<Element>,
    ) -> Result<(), Error> {
        for name in names {
            let mut found = Vec::new();
            self.scan(Some(name), |element| {
                if element.name() == *name {
                    found.push(element);
                }
                ControlFlow::Continue(())
            })
            .await?;
            elements.extend(found.into_iter().rev());
        }
        Ok(())
    }

    /// Returns the elements that describe these entities, and the relations that end there.
    pub(super) async fn around(&self, names: &BTreeSet<&str>) -> Result<Vec<Element>, Error> {
        let ends_there = |element: &Element| {
            element.relation().is_some_and(|relation| names.contains(relation.to.as_str()))
        };
        let mut elements = self.notes().await?;
        elements.retain(|element| names.contains(element.name()) || ends_there(element));
        self.add_facts_of(names, &mut elements).await?;
        let mut found = Vec::new();
        self.scan(None, |element| {
            // Those that start at one of the entities are among the elements already.
            if ends_there(&element) && !names.contains(element.name()) {
                found.push(element);
            }
            ControlFlow::Continue(())
        })
        .await?;
        elements.extend(found.into_iter().rev());
        element::sort(&mut elements);
        Ok(elements)
    }

    /// Returns true if the view may change the record.
    pub(super) fn is_own(&self, element: &Element) -> bool {
        self.view.gate().may_change(&element.scope)
    }

    /// Returns the identities of those elements that the view may change.
    pub(super) fn own<'e>(&self, elements: impl IntoIterator<Item = &'e Element>) -> Vec<Identity> {
        let own = elements.into_iter().filter(|element| self.is_own(element));
        own.map(|element| element.identity.clone()).collect()
    }

    /// Returns the elements that are notes.
    async fn notes(&self) -> Result<Vec<Element>, Error> {
        let notes = self.view.longterm().notes().marked(Mark::FIELD).await?;
        Ok(notes.into_iter().filter_map(Element::of_note).collect())
    }

    /// Passes the elements that are current facts to `each`, the newest first, until it breaks.
    async fn scan(
        &self,
        subject: Option<&str>,
        mut each: impl FnMut(Element) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut query =
            FactQuery::default().with_limit(PAGE).with_subject(subject.map(str::to_owned));
        loop {
            let page = self.view.working().facts().list(query.clone()).await?;
            for element in page.facts.into_iter().filter_map(Element::of_fact) {
                if each(element).is_break() {
                    return Ok(());
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            query = query.with_after(page.next);
        }
    }
}
