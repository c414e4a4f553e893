//! The methods of the protocol, for a [`Visit`] that the route inserts into each request.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
        CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::{
    offer::{Profiles, about},
    prompts, resources,
    tools::{self, ToolName},
    visit::{Done, Visit},
};
use crate::{failure::Failure, gate::outcome, operation::Right};

/// The methods of the protocol.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handler;

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        about()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let visit = visit(&context)?;
        let has = |right| visit.call.caller.has(right);
        Ok(ListToolsResult::with_all_items(listed(visit.offer.profiles, has)))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let visit = visit(&context)?.by(context.meta.client_info());
        let tool = named(visit.offer.profiles, &request.name)?;
        let checked = tool.check(&visit, request.arguments.as_ref());
        let operation = checked.as_ref().map_or(tool.operation(), |operation| *operation);
        let called = match checked {
            Ok(_) => tool.call(&visit, request.arguments).await,
            Err(failure) => Err(failure),
        };
        let (result, outcome, changed) = match called {
            Ok(answer) => {
                let changed = answer.changed.clone();
                (answer.into_result(visit.offer.is_structured), "ok", changed)
            }
            Err(failure) => {
                let outcome = outcome(failure.class.http());
                (refused(&failure), outcome, Vec::new())
            }
        };
        visit.note(Done { operation, outcome, changed });
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let visit = visit(&context)?;
        Ok(prompts::list(visit.call.caller.has(Right::Write)))
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
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let visit = visit(&context)?;
        Ok(resources::list(visit.call.caller.has(Right::Read)))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let visit = visit(&context)?;
        Ok(resources::templates(visit.call.caller.has(Right::Read)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let visit = visit(&context)?;
        let contents = resources::read(&visit, &request.uri).await?;
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    /// Refuses a request with an unknown method, or with invalid parameters of a known one.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(unreadable(request))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::of(Profiles::ALL).find(|tool| tool.as_str() == name).map(ToolName::described)
    }
}

/// Returns the error for a request with an unknown method, or with missing or invalid parameters of
/// a known one.
pub(crate) fn unreadable(request: CustomRequest) -> ErrorData {
    let expected = match request.method.as_str() {
        "tools/call" => "`name`, a text, and `arguments`, an object",
        "prompts/get" => "`name`, a text, and `arguments`, an object of texts",
        "resources/read" => "`uri`, a text",
        _ => return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None),
    };
    let message = format!("`params` of `{}`: expected {expected}", request.method);
    ErrorData::invalid_params(message, None)
}

/// Returns the tools of these profiles for which the caller has the right.
pub(crate) fn listed(profiles: Profiles, has: impl Fn(Right) -> bool) -> Vec<Tool> {
    let tools = tools::of(profiles).filter(|tool| has(tool.operation().right));
    tools.map(ToolName::described).collect()
}

/// Returns the tool with this name.
pub(crate) fn named(profiles: Profiles, name: &str) -> Result<ToolName, ErrorData> {
    tools::of(profiles).find(|tool| tool.as_str() == name).ok_or_else(|| {
        let known: Vec<&str> = tools::of(profiles).map(ToolName::as_str).collect();
        let shown: String = name.chars().take(60).collect();
        let message = format!("unknown tool `{shown}`; expected {}", known.join(", "));
        ErrorData::invalid_params(message, None)
    })
}

/// Returns a failure as the result of a tool, so that the model can read it and correct the call.
pub(crate) fn refused(failure: &Failure) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(failure.line())])
}

fn visit(context: &RequestContext<RoleServer>) -> Result<Visit, ErrorData> {
    let parts = context.extensions.get::<http::request::Parts>();
    let visit = parts.and_then(|parts| parts.extensions.get::<Visit>()).cloned();
    visit.ok_or_else(|| ErrorData::internal_error("a request without a call", None))
}
