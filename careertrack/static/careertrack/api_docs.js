"use strict";

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
    requestInterceptor: (request) => {
      if (new URL(request.url, document.baseURI).origin === location.origin) {
        request.headers["X-CSRFToken"] = token;
      }
      return request;
    },
  });
});
