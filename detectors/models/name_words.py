"""Words that people name mailbox rules, folders and projects with, in six languages. Layer: detectors.

Written for this project: mail and office words, first names, firms and a few short forms with digits. Accents are left
out, as the model that learns them folds them away.
"""

from __future__ import annotations

_TEXT = """
    inbox outbox archive archived archives junk spam trash deleted drafts draft sent folder folders rule rules mail
    mails email emails message messages newsletter newsletters news marketing promotions social updates forums alerts
    alert notification notifications reminder reminders calendar meeting meetings invitation invitations request
    requests response responses accepted declined move copy forward redirect delete flag mark read unread important
    urgent priority later follow up waiting done todo to do action required review reviews approval approvals approved
    pending open closed finished old new temp test backup private personal family home school kids travel trips flights
    hotel booking bookings holiday vacation receipts receipt orders order shipping delivery deliveries invoice invoices
    payments payment billing bills bank banking statements tax taxes payroll salary expenses budget finance financial
    accounting accounts account contracts contract legal insurance purchase purchasing procurement supplier suppliers
    vendor vendors customer customers client clients sales leads offers offer quotes quote support tickets ticket
    service services help desk system systems server servers network monitoring security access password backups logs
    errors build builds deploy release releases staging production development design engineering research training
    courses learning human resources hiring recruiting applicants applications candidates onboarding interview
    interviews staff team teams people manager management board office department company internal external project
    projects plan plans planning report reports reporting weekly daily monthly quarterly annual year week today
    tomorrow morning status summary minutes notes agenda documents files shared general other others various misc
    miscellaneous all from with and for the of in by on at about not only my me our your their this that when subject
    sender contains category categories colour red green blue yellow orange event events conference webinar webinars
    workshop workshops summit partner partners press media website web online shop store software hardware license
    licenses subscription subscriptions renewals health medical doctor charity church club sports football running
    music photos pictures video videos recipes garden house rent mortgage car cars energy water building facility
    facilities safety quality audit audits compliance policy policies governance risk claims complaints feedback survey
    surveys questions answers ideas strategy innovation logistics warehouse transport import export customs factory
    maintenance inventory stock equipment machine spare parts technical changes change automatic autoreply bounce
    undeliverable voicemail phone fax scanner scans scan printer copier visitors parking lunch birthday birthdays
    wedding christmas party friends neighbours alumni university student students teacher thesis library journal papers
    north south east west europe germany france london berlin paris madrid america asia africa world global regional
    local city council government state federal public community trust foundation association group holding limited

    posteingang postausgang entwurfe gesendet geloscht papierkorb ordner regel regeln rechnung rechnungen angebot
    angebote auftrag auftrage bestellung bestellungen lieferung lieferungen mahnung mahnungen vertrag vertrage kunde
    kunden lieferanten termin termine besprechung besprechungen sitzung protokoll protokolle urlaub reise reisen
    buchhaltung personal bewerbung bewerbungen gehalt steuer steuern versicherung wichtig privat erledigt offen ablage
    archiv allgemein sonstiges verschieben weiterleiten nachrichten nachricht rundschreiben abwesenheit vorstand
    geschaftsfuhrung vertrieb einkauf entwicklung werkstatt schulung schule verein familie wohnung haus und der die das
    von fur mit aus nicht alle meine neue alte uber projekte wochenbericht freigabe freigaben anfragen unterlagen

    boite reception envoyes brouillons corbeille dossier dossiers regle regles facture factures devis commande commandes
    livraison livraisons contrat contrats clients fournisseur fournisseurs reunion reunions conges voyage voyages
    comptabilite ressources humaines salaire salaires impots assurance important prive personnel termine archives
    divers deplacer transferer courrier courriers lettre information informations achats ventes juridique direction
    equipe projet projets formation ecole famille maison de du des la le les et pour avec dans sur nouveau ancien
    candidatures demandes reponses rappel banque paiements rapport rapports suivi qualite

    bandeja entrada enviados borradores papelera carpeta carpetas regla reglas facturas pedido pedidos entrega entregas
    contrato contratos clientes proveedor proveedores reuniones vacaciones viaje viajes contabilidad recursos humanos
    nomina nominas impuestos seguro seguros importante privado hecho archivo archivos varios mover reenviar correo
    correos boletin boletines compras ventas legal direccion equipo proyecto proyectos formacion escuela familia casa
    del los las para con desde nuevo antiguo solicitudes respuestas recordatorio banco pagos informe informes calidad

    postvak verzonden concepten prullenbak map mappen regel regels factuur facturen offerte offertes bestelling
    bestellingen levering leveringen contracten klant klanten leverancier leveranciers vergadering vergaderingen
    vakantie reizen boekhouding personeel salaris belasting verzekering belangrijk prive afgehandeld archief overig
    verplaatsen doorsturen berichten bericht nieuwsbrief nieuwsbrieven inkoop verkoop juridisch directie projecten
    opleiding gezin huis het een van voor met aan naar nieuwe oude aanvragen antwoorden herinnering betalingen rapporten

    posta arrivo inviata bozze cestino cartella cartelle regola regole fattura fatture preventivo preventivi ordine
    ordini consegna consegne contratto contratti clienti fornitore fornitori riunione riunioni ferie viaggio viaggi
    contabilita risorse umane stipendio tasse assicurazione privato fatto archivio varie spostare inoltrare messaggi
    messaggio notizie acquisti vendite legale direzione squadra progetto progetti formazione scuola famiglia il della
    delle gli per con nuovo vecchio richieste risposte promemoria banca pagamenti rapporto qualita

    odebrane wyslane robocze kosz folder zasady faktura faktury zamowienia zamowienie umowy umowa klienci dostawcy
    spotkania urlop ksiegowosc kadry pilne wazne prywatne archiwum rozne przenies wiadomosci szkolenia zgloszenia
    szczecin lodz wroclaw krakow warszawa dorucena odeslana smlouvy objednavky zakaznici dulezite schuzky
    inkorg skickat utkast papperskorg fakturor avtal kunder leverantorer moten semester viktigt privat arkiv ovrigt
    innboks sendt kladd soppel moter ferie viktig kontrakter ordrer indbakke slettet aftaler vigtigt tilbud
    saapuneet lahetetyt luonnokset laskut sopimukset asiakkaat kokoukset loma tarkeat
    caixa enviados rascunhos lixeira fatura faturas reunioes ferias fornecedores contabilidade pagamentos escola nao

    anna maria peter thomas michael andreas stefan martin sabine claudia julia katharina johannes wolfgang jurgen
    heinz ursula monika john james robert david william richard susan karen jennifer elizabeth sarah emily george
    charles daniel matthew kevin brian laura alice oliver sophie pierre jean michel philippe nicolas francois marie
    isabelle catherine claire camille antoine jose juan carlos miguel antonio francisco pablo luis carmen lucia elena
    isabel cristina willem hendrik johan pieter jeroen bram sanne femke anneke marco giuseppe giovanni luca paolo
    francesca giulia chiara alessandro matteo muller schmidt schneider fischer weber meyer wagner becker hoffmann smith
    jones taylor brown wilson johnson davies evans walker wright martinez garcia fernandez lopez gonzalez rodriguez
    rossi russo ferrari bianchi dubois durand bernard lefebvre janssen visser bakker devries mohammed ahmed fatima
    yusuf olga ivan natalia dmitri svetlana kowalski nowak wojciech katarzyna agnieszka novak nguyen kumar sharma patel
    singh priya rajesh tanaka sato suzuki wang zhang chen huang hansen nielsen andersson johansson virtanen

    linkedin facebook twitter youtube instagram amazon google microsoft outlook exchange sharepoint onedrive azure
    github gitlab jira confluence slack zoom webex dropbox salesforce hubspot zendesk oracle cisco dell lenovo siemens
    bosch paypal ebay netflix spotify adobe docusign workday concur servicenow wordpress xing datev sap erp crm kpi faq
    fyi tbd vip gdpr hr it po qa pr ceo cfo cto usa uk eu gmbh ltd inc phd xray hotmail gmail

    fwd fw re aws gcp kpmg ibm bmw dhl ups fedex npm www http https k8s api sql css html pdf docx abc xyz test123

    q1 q2 q3 q4 h1 h2 fy24 fy25 o365 m365 office365 windows10 windows11 covid19 b2b b2c 1on1 24x7 3d 5s iso9001 iso27001
    v2 v3 2nd 1st 3rd 4th 2019 2020 2021 2022 2023 2024 2025 2026 01 02 03 10 12 15 20 30 100 365 1 2 3 4 5
"""
NAME_WORDS: tuple[str, ...] = tuple(_TEXT.split())
