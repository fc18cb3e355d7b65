"use strict";
// Comfort on top of a page that is complete without it: zones, filter, copying. Writes text only, never markup.
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function clock(zone) {
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "longOffset",
    });
    return (iso) => {
      const part = Object.fromEntries(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
      return {
        date: `${part.year}-${part.month}-${part.day}`, minute: `${part.hour}:${part.minute}`, second: part.second,
        offset: part.timeZoneName.replace("GMT", "").replace("\u2212", "-").replace(/^[+-]00:00$/, "") || "UTC",
      };
    };
  }

  function showIn(zone) {
    let at;
    try {
      at = clock(zone);
    } catch {
      return; // a zone that this browser does not know: the times stay as they are
    }
    for (const element of all("time[datetime]")) {
      if (!element.dateTime) continue;
      const { date, minute, second, offset } = at(element.dateTime);
      element.firstChild.data = `${date} ${minute}${element.className === "s" ? `:${second}` : ""}`;
      element.lastChild.textContent = ` ${offset}`;
    }
    for (const element of all("svg [data-time]")) {
      if (!element.dataset.time) continue;
      const { date, minute, second, offset } = at(element.dataset.time);
      const rest = element.textContent.indexOf(" \u00b7 ");
      element.textContent = element.localName === "title"
        ? `${date} ${minute}:${second} ${offset}${element.textContent.slice(rest)}` : `${date.slice(5)} ${minute}`;
    }
    for (const element of all(".zonename")) element.textContent = zone;
  }

  // Zones that browsers still list under the name that they had before.
  const renamed = {
    "Africa/Asmera": "Africa/Asmara", "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh", "Atlantic/Faeroe": "Atlantic/Faroe", "Europe/Kiev": "Europe/Kyiv",
  };

  function addZones(select) {
    const today = (name) => renamed[name] || name;
    const chosen = select.dataset.zone;
    const here = today(Intl.DateTimeFormat().resolvedOptions().timeZone);
    const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone").map(today).sort() : [];
    for (const name of new Set([chosen, "UTC", here, ...known])) {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = name === here && name !== chosen ? `${name} (this computer)` : name;
      select.append(option);
    }
    select.addEventListener("change", () => showIn(select.value));
  }

  function addFilter() {
    const words = find("#find"), tier = find("#tier"), shown = find("#shown");
    const rows = new Map(all("tr[data-for]").map((row) => [row.dataset.for, row]));
    const articles = all("article.incident").map((article) => ({ article, text: null }));
    const apply = () => {
      const wanted = words.value.trim().toLowerCase();
      let count = 0;
      for (const entry of articles) {
        if (wanted && entry.text === null) entry.text = entry.article.textContent.toLowerCase();
        const fits = (!tier.value || entry.article.dataset.tier === tier.value) && (!wanted || entry.text.includes(wanted));
        entry.article.hidden = !fits;
        rows.get(entry.article.id).hidden = !fits;
        count += fits;
      }
      shown.textContent = count === articles.length ? `${count} shown` : `${count} of ${articles.length} shown`;
    };
    words.addEventListener("input", apply);
    tier.addEventListener("change", apply);
    apply();
  }

  function addFolding() {
    const button = find("#fold");
    button.addEventListener("click", () => {
      const folded = document.body.classList.toggle("folded");
      button.setAttribute("aria-pressed", String(folded));
      button.textContent = folded ? "Show records" : "Hide records";
    });
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function addCopying() {
    for (const section of all("section.records")) {
      const ids = all("code.uid", section);
      if (!ids.length) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy ids";
      button.addEventListener("click", async () => {
        await copy(ids.map((id) => id.textContent).join("\n"));
        button.textContent = `${ids.length} copied`;
      });
      find("h3", section).append(button);
    }
  }

  const tools = find("#tools");
  if (!tools) return;
  addZones(find("#zone"));
  addFilter();
  addFolding();
  addCopying();
  tools.hidden = false;
})();
