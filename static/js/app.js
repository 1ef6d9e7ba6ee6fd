// Small behaviours over pages that already work without scripts.
(() => {
  const messages = () => document.getElementById("messages");

  // Colour mode
  const markTheme = () => {
    for (const button of document.querySelectorAll("[data-theme-value]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeValue === document.documentElement.dataset.themeChoice));
    }
  };
  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-value]");
    if (theme) {
      window.chooseTheme(theme.dataset.themeValue);
      markTheme();
    }
    const close = event.target.closest("[data-close-message]");
    if (close) close.closest(".message").remove();
  });
  markTheme();

  // Messages: a success leaves by itself, unless it is being read; the rest stay until they are closed.
  const expire = (message) => {
    if (message.dataset.timed || !message.matches(".success, .info")) return;
    message.dataset.timed = "1";
    const leave = () => (message.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : message.remove());
    setTimeout(leave, 8000);
  };
  const watchMessages = () => messages()?.querySelectorAll(".message").forEach(expire);
  watchMessages();
  document.addEventListener("htmx:oobAfterSwap", watchMessages);

  const say = (text) => {
    const copy = document.getElementById("error-message").content.cloneNode(true);
    copy.querySelector("p").textContent = text;
    messages().append(copy);
  };

  // The dialog: filled by htmx, opened once its content is there. Its links stay ordinary links without scripts.
  const dialog = document.getElementById("dialog");
  if (dialog) {
    let opener = null;
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target.id !== "dialog-content") return;
      if (!dialog.contains(document.activeElement)) opener = document.activeElement;
      // Bootstrap gives arrow keys to the tabs that it meets at page load only.
      dialog.querySelectorAll('[data-bs-toggle="tab"]').forEach((tab) => bootstrap.Tab.getOrCreateInstance(tab));
      const size = event.detail.target.firstElementChild?.dataset.size ?? "modal-lg";
      dialog.firstElementChild.className = `modal-dialog modal-dialog-scrollable ${size}`;
      bootstrap.Modal.getOrCreateInstance(dialog).show();
    });
    dialog.addEventListener("hidden.bs.modal", () => {
      document.getElementById("dialog-content").replaceChildren();
      opener?.focus();
    });
    dialog.addEventListener("shown.bs.modal", () => dialog.querySelector("[autofocus]")?.focus());
  }

  // A poll that fails tries again by itself; a person who acted is told.
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (event.detail.requestConfig.verb === "get" && event.detail.elt.matches("[data-poll]")) return;
    say(
      status === 403
        ? "Cette action est refusée : vos droits ou votre session ont changé. Rechargez la page."
        : "Le serveur n’a pas pu répondre. Réessayez dans un instant; rien n’a été perdu."
    );
  });
  document.body.addEventListener("htmx:sendError", (event) => {
    if (event.detail.elt.matches("[data-poll]")) return;
    say("La connexion au serveur est interrompue. Vérifiez votre réseau, puis réessayez.");
  });

  // On a narrow screen the current section may lie outside of its row of tabs.
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // One box ticks all boxes of its form; it shows a dash when only some are.
  const boxesOf = (all) => [...all.form.querySelectorAll(`input[name="${all.dataset.tickAll}"]`)];
  document.addEventListener("change", (event) => {
    const all = event.target.closest("form")?.querySelector("[data-tick-all]");
    if (!all) return;
    if (event.target === all) boxesOf(all).forEach((box) => { box.checked = all.checked; });
    const ticked = boxesOf(all).filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxesOf(all).length;
    all.indeterminate = ticked > 0 && !all.checked;
  });

  // A form that came back starts at the first field to be mended.
  document.querySelector("main .is-invalid")?.focus();

  // Keep the keyboard where it was when a fragment replaces the focused control. A button that its request disables
  // has lost the focus by then: it is remembered before.
  let pressed = null;
  let focused = "";
  let replaced = "";
  let polled = false;
  let kept = null;
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const active = document.activeElement;
    if (event.detail.elt.contains(active)) pressed = { by: event.detail.elt, control: active };
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    const acted = active === document.body && pressed?.by === event.detail.requestConfig.elt;
    focused = acted ? pressed.control.id : active?.id || "";
    kept = acted ? pressed.control : null;
    replaced = acted || focused || event.detail.target.contains(active) ? event.detail.target.id : "";
    if (acted) pressed = null;
    polled = event.detail.requestConfig.elt.matches("[data-poll]");
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    // Its control may be gone with what it did: then the part that took its place.
    if (replaced && document.activeElement === document.body) {
      // A poll never moves the page under the reader.
      const part = document.getElementById(replaced);
      const place = kept?.isConnected ? kept : document.getElementById(focused) ?? part?.querySelector(".is-invalid");
      (place ?? part)?.focus({ preventScroll: polled });
      // Not everything can hold the focus: then what is around it, so that keys still reach a dialog.
      if (document.activeElement === document.body) part?.closest("[tabindex]")?.focus({ preventScroll: true });
    }
  });
})();
