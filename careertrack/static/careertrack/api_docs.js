"use strict";

/* Swagger UI fills in the example of every parameter, so "Execute" would send all filters at once and find nothing.
   Examples of what may be left out are told beside it instead. */
function tellExamples(schema) {
  for (const methods of Object.values(schema.paths)) {
    for (const operation of Object.values(methods)) {
      for (const parameter of operation.parameters ?? []) {
        if (!parameter.required && parameter.examples) {
          const [example] = Object.values(parameter.examples);
          parameter.description += ` For example \`${example.value}\`.`;
          delete parameter.examples;
        }
      }
    }
  }
  return schema;
}

/* Shows the schema with Swagger UI. "Try it out" works by session, so writing sends the CSRF token of the page. */
addEventListener("DOMContentLoaded", () => {
  // Swagger UI has a dark dress of its own, but does not look at what the reader prefers.
  document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
  const place = document.getElementById("api-docs");
  const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    validatorUrl: null,
    defaultModelsExpandDepth: -1,
    plugins: [
      { statePlugins: { spec: { wrapActions: { updateJsonSpec: (update) => (schema) => update(tellExamples(schema)) } } } },
    ],
    requestInterceptor: (request) => {
      if (new URL(request.url, document.baseURI).origin === location.origin) {
        request.headers["X-CSRFToken"] = token;
      }
      return request;
    },
  });
});
