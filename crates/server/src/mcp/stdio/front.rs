//! The methods of the protocol in the process of a host. Lists are answered here; everything else
//! is sent to the route.

use std::{collections::BTreeSet, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest, CustomResult,
        GetPromptRequestParams, GetPromptResponse, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, ResultType, ServerConfig,
    },
    service::RequestContext,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::link::{Link, Lost, Unanswered};
use crate::{
    failure::Failure,
    mcp::{
        handler::{listed, named, refused, unreadable},
        offer::{Profiles, about},
        prompts, resources,
    },
    operation::Right,
};

/// Field of a request that names its client.
const CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// The next step after a call that a read-only server refused.
const READ_ONLY: &str = "this server was started read-only; have its user start it without \
                         `--read-only`, or allow writing in the setting `memory.access`";

/// The methods of the protocol.
pub(super) struct Front {
    link: Arc<Link>,
    profiles: Profiles,
    rights: BTreeSet<Right>,
}

impl Front {
    pub(super) fn new(link: Arc<Link>, profiles: Profiles, rights: BTreeSet<Right>) -> Front {
        Front { link, profiles, rights }
    }

    fn has(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// Lets the route answer a request.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        mut params: Value,
        lost: Lost,
        context: &RequestContext<RoleServer>,
    ) -> Result<T, Unanswered> {
        if let Some(client) = context.client_info() {
            params["_meta"] = json!({CLIENT: client});
        }
        let link = Arc::clone(&self.link);
        // A call that was started is completed even if the client no longer waits for it.
        let asking = tokio::spawn(async move { link.ask(method, params, lost).await });
        let answer = tokio::select! {
            asked = asking => match asked {
                Ok(answer) => answer?,
                Err(error) => return Err(Failure::internal(&error.to_string()).into()),
            },
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("cancelled", None).into());
            }
        };
        serde_json::from_value(answer).map_err(|error| {
            Failure::internal(&format!("an answer of another form: {error}")).into()
        })
    }
}

impl ServerHandler for Front {
    fn get_info(&self) -> ServerConfig {
        about()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(listed(self.profiles, |right| self.has(right))))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = named(self.profiles, &request.name)?;
        let further = tool.further_right(request.arguments.as_ref());
        if !self.has(tool.operation().right) || further.is_some_and(|right| !self.has(right)) {
            let failure = Failure::from(aios_memory::Error::ReadOnly).with_advice(READ_ONLY);
            return Ok(refused(&failure).into());
        }
        let lost = match tool.is_repeatable(request.arguments.as_ref()) {
            true => Lost::Repeated,
            false => Lost::Refused,
        };
        let params = json!({
            "name": tool.as_str(),
            "arguments": request.arguments.unwrap_or_default(),
        });
        let called = self.ask::<CallToolResult>("tools/call", params, lost, &context).await;
        let mut result = match called {
            Ok(result) => result,
            Err(Unanswered::Refused(failure)) => refused(&failure),
            Err(Unanswered::Error(error)) => return Err(error),
        };
        result.result_type = Some(ResultType::COMPLETE);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(prompts::list(self.has(Right::Write)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request).map(Into::into)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(resources::list(self.has(Right::Read)))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::templates(self.has(Right::Read)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let params = json!({"uri": request.uri});
        let method = "resources/read";
        let read = self.ask::<ReadResourceResult>(method, params, Lost::Repeated, &context).await;
        let mut result = match read {
            Ok(result) => result,
            Err(Unanswered::Refused(failure)) => {
                return Err(ErrorData::internal_error(failure.line(), None));
            }
            Err(Unanswered::Error(error)) => return Err(error),
        };
        result.result_type = Some(ResultType::COMPLETE);
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(unreadable(request))
    }
}
