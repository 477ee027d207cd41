"""The looks of a page. Every rule is under `.vitrail`, so that a notebook around it keeps its own."""

CSS = """
body.vitrail-page{margin:0;background:#fbfbfa}
.vitrail{--paper:#fbfbfa;--card:#fff;--ink:#1d1f21;--quiet:#5f6368;--rule:#e3e3e0;--accent:#2f5d8c;
 color:var(--ink);background:var(--paper);color-scheme:light dark;max-width:74rem;margin:0 auto;
 padding:3rem 1.5rem 4rem;
 font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 box-sizing:border-box}
.vitrail *{box-sizing:border-box}
.vitrail h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;font-weight:650;margin:0 0 .75rem}
.vitrail h2{font-size:1.3rem;line-height:1.3;font-weight:620;margin:0 0 .5rem}
.vitrail p{margin:0 0 .9rem;max-width:44rem}
.vitrail .lead{font-size:1.1rem;color:var(--quiet)}
.vitrail a{color:var(--accent)}
.vitrail section{margin-top:3rem}
.vitrail nav ul{list-style:none;padding:0;margin:1rem 0 0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.vitrail .legend{display:grid;gap:.6rem;margin:1.5rem 0 0;padding:1rem 1.25rem;background:var(--card);
 border:1px solid var(--rule);border-radius:.6rem;font-size:.875rem;width:fit-content;
 min-width:min(24rem,100%);max-width:100%}
.vitrail .bars-of{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:.6rem 1.5rem}
.vitrail .legend p{margin:0;color:var(--quiet)}
.vitrail .scale-bar{height:.8rem;border-radius:.4rem;border:1px solid var(--rule);
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .ends{display:flex;justify-content:space-between;gap:1rem;margin-top:.25rem}
.vitrail .scroll{overflow-x:auto;margin:1.25rem 0;background:var(--card);border:1px solid var(--rule);
 border-radius:.6rem}
.vitrail .scroll{width:fit-content;max-width:100%}
.vitrail .scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.vitrail table{border-collapse:collapse;font-size:.875rem;background:none;color:inherit;margin:0}
.vitrail th,.vitrail td{text-align:left;vertical-align:top;padding:.6rem .75rem;background:none;border:0;
 max-width:none}
.vitrail thead th{font-weight:600;color:var(--quiet);border-bottom:1px solid var(--rule);
 vertical-align:bottom;
 white-space:normal;overflow-wrap:break-word;hyphens:manual}
.vitrail .grid>tbody>tr+tr>*{border-top:1px solid var(--rule)}
.vitrail .grid>tbody>tr>th{font-weight:400;min-width:8rem;position:sticky;left:0;background:var(--card);
 z-index:1}
.vitrail .grid>thead>tr>th:first-child{position:sticky;left:0;background:var(--card);z-index:1}
.vitrail .grid.narrow{--side:6.75rem}.vitrail .grid.middle{--side:10.5rem}.vitrail .grid.wide{--side:19rem}
.vitrail .map{display:block;width:var(--side,10rem);height:auto;border-radius:.25rem;
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .grid>tbody>tr>th .map+.map{margin-top:.4rem}
.vitrail .grid.wide>tbody>tr>th .map{width:min(19rem,36vw)}
.vitrail .grid.wide .map.crisp,.vitrail .grid.wide>tbody>tr>th .map.crisp{width:11rem}
.vitrail .crisp{image-rendering:pixelated}
.vitrail .subject{display:flex;gap:.75rem;align-items:flex-start}
.vitrail .grid.wide .subject{flex-direction:column;gap:.4rem}
.vitrail .grid.wide .words{max-width:17rem}
.vitrail .words{display:grid;gap:.1rem;min-width:7rem;font-size:.8125rem;line-height:1.4;max-width:12rem}
.vitrail .words .number,.vitrail .asked,.vitrail .note,.vitrail .input,.vitrail .scale{color:var(--quiet)}
.vitrail .note,.vitrail .input,.vitrail .scale{font-size:.75rem;margin:.3rem 0 0;
 font-variant-numeric:tabular-nums}
.vitrail .input{margin:.5rem 0 .2rem;font-weight:600}
.vitrail td>.input:first-child{margin-top:0}
.vitrail .tokens{min-width:18rem;max-width:38rem;line-height:2;margin:0;font-size:.95rem}
.vitrail .token{padding:.16em .3em;border-radius:.22em;white-space:pre-wrap;
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .bars{width:100%;min-width:19rem;max-width:34rem}
.vitrail .bars th,.vitrail .bars td{padding:.14rem .4rem;vertical-align:middle;font-weight:400}
.vitrail .bars th{max-width:13rem;overflow-wrap:break-word}
.vitrail .grid.wide .bars{min-width:27rem}
.vitrail .bars td:nth-child(2){width:50%;min-width:9rem}
.vitrail .track{position:relative;height:.85rem}
.vitrail .track.signed::before{content:"";position:absolute;left:50%;top:-.3rem;bottom:-.3rem;width:1px;
 background:var(--quiet)}
.vitrail .track i{position:absolute;top:0;bottom:0;border-radius:.12rem;
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .falls,.vitrail .grid.wide .falls{min-width:min(44rem,84vw);max-width:44rem}
.vitrail .falls th{max-width:19rem;width:36%}
.vitrail .falls td:nth-child(2){width:46%}
.vitrail .pairs th,.vitrail .pairs td{padding:.25rem .45rem;font-size:.75rem;border:0}
.vitrail .pairs thead th{text-align:right}.vitrail .pairs tbody th{white-space:nowrap}
.vitrail .pairs td{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .charts{display:flex;flex-wrap:wrap;gap:1rem;margin:1.25rem 0}
.vitrail .chart{display:block;max-width:100%;height:auto;background:#fff;border:1px solid var(--rule);
 border-radius:.6rem;padding:.5rem}
.vitrail .strip{display:flex;gap:.4rem;min-width:22rem}
.vitrail .strip .rows{display:flex;flex-direction:column;justify-content:space-around;font-size:.7rem;
 line-height:1;
 text-align:right;color:var(--quiet);white-space:nowrap}
.vitrail .steps{flex:1;min-width:0;width:100%;border-radius:.2rem}
.vitrail .mosaic{display:grid;grid-template-columns:repeat(3,auto);gap:.5rem;justify-content:start}
.vitrail .grid .mosaic .map.map{width:6.5rem}
.vitrail .grid .map.heads.heads{width:min(30rem,70vw);image-rendering:auto}
.vitrail h3{font-size:1.05rem;line-height:1.35;font-weight:620;margin:2.25rem 0 .25rem}
.vitrail .facts{display:flex;flex-wrap:wrap;gap:.75rem 2rem;margin:1rem 0 0}
.vitrail .facts dt{font-size:.75rem;color:var(--quiet)}
.vitrail .facts dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
.vitrail .flow .scroll{width:auto;padding:.75rem .5rem;margin-bottom:.4rem}
.vitrail .flow svg{display:block;width:100%;height:auto;margin:0 auto;
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .flow .over{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
.vitrail .flow .bands g:hover path{fill-opacity:.95}
.vitrail .lined tbody tr+tr>*{border-top:1px solid var(--rule)}
.vitrail .lined th[scope=row]{font-weight:400}
.vitrail .path{font-variant-numeric:tabular-nums;white-space:nowrap}
.vitrail .dot{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.4em;
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
.vitrail .key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.8125rem;margin:0 0 .3rem;max-width:none}
.vitrail .near{display:flex;gap:.3rem}.vitrail .samples .map{width:5.5rem}
.vitrail .gallery{display:flex;flex-wrap:wrap;gap:1rem;margin:.75rem 0 0}
.vitrail .gallery figure{width:6.5rem}.vitrail .gallery .worst{width:6.5rem;outline:1px solid var(--rule)}
.vitrail .gallery figcaption{line-height:1.35;margin-top:.25rem;overflow-wrap:anywhere}
.vitrail .small{width:2.75rem;min-width:2.75rem}
.vitrail .score .told{min-width:14rem;max-width:26rem}.vitrail .score .told p{margin:0}
.vitrail .score .p{min-width:7rem}.vitrail .score details{margin:0;min-width:7rem}
.vitrail .score .bars{min-width:17rem}.vitrail .score .track{background:var(--rule);border-radius:.12rem}
.vitrail .score .track i{min-width:2px}.vitrail .score .map{width:5.5rem}
.vitrail .score .map,.vitrail .small{outline:1px solid var(--rule)}
.vitrail .verdicts{margin:.75rem 0 0;padding-left:1.2rem;max-width:52rem}.vitrail .verdicts li{margin:0 0 .4rem}
.vitrail .board .interval{font-size:.75rem;font-weight:400;color:var(--quiet)}
.vitrail .board .rank{display:inline-block;min-width:1.35em;padding:0 .25em;margin-left:.25em;font-size:.7rem;
 line-height:1.35;text-align:center;border:1px solid var(--rule);border-radius:.25em;color:var(--quiet)}
.vitrail .board .control>*{color:var(--quiet)}
.vitrail .board tr>:first-child{position:sticky;left:0;background:var(--card);z-index:1}
.vitrail figure{margin:0}.vitrail figcaption{font-size:.7rem;color:var(--quiet)}
.vitrail .number{font-variant-numeric:tabular-nums}
.vitrail sup{line-height:0}
.vitrail td.number,.vitrail th.number{text-align:right;white-space:nowrap}
.vitrail .plain{width:100%}
.vitrail .plain th,.vitrail .plain td{padding:.35rem .75rem}
.vitrail .plain tbody+tbody tr:first-child>*{border-top:1px solid var(--rule)}
.vitrail details{margin-top:1rem}
.vitrail summary{cursor:pointer;color:var(--accent);font-size:.9375rem}
.vitrail .footnotes p{font-size:.8125rem;color:var(--quiet);margin:0 0 .25rem}
.vitrail .made{border-top:1px solid var(--rule);padding-top:1.75rem;font-size:.875rem}
.vitrail .made dt{font-weight:600;margin-top:.9rem}
.vitrail .made dd{margin:.2rem 0 0;overflow-wrap:anywhere}
.vitrail .pair{margin-right:.9rem;color:var(--quiet)}
.vitrail code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink);
 background:none;padding:0}
.vitrail .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
 white-space:nowrap}
@media (prefers-color-scheme:dark){
 body.vitrail-page{background:#16181a}
 .vitrail{--paper:#16181a;--card:#1e2124;--ink:#e8e8e6;--quiet:#a0a5aa;--rule:#34383c;--accent:#8ab6e6}}
@media (max-width:40rem){
 .vitrail .bars,.vitrail .grid.wide .bars{min-width:17rem}.vitrail .bars td:nth-child(2){min-width:6rem}
 .vitrail{padding:1.75rem 1rem 3rem}.vitrail h1{font-size:1.6rem}
 .vitrail .grid.wide{--side:12rem}.vitrail .grid.middle{--side:8rem}.vitrail .grid.narrow{--side:5.25rem}
 .vitrail .grid>tbody>tr>th{min-width:6rem}
 .vitrail .grid>tbody>tr>th .map,.vitrail .grid.wide>tbody>tr>th .map{width:5.25rem}
 .vitrail th,.vitrail td{padding:.45rem .5rem}.vitrail .subject{flex-direction:column;gap:.3rem}
 .vitrail .words{min-width:0;max-width:6rem}}
@media print{
 .vitrail{--paper:#fff;--card:#fff;--ink:#000;--quiet:#444;--rule:#ccc;--accent:#000;max-width:none;padding:0;
 font-size:11pt}
 body.vitrail-page{background:#fff}
 .vitrail .flow svg{min-width:0!important}
 .vitrail .scroll{overflow:visible;border:0}.vitrail tr,.vitrail figure{break-inside:avoid}
 .vitrail h2{break-after:avoid}
 .vitrail thead{display:table-header-group}.vitrail nav{display:none}
 .vitrail .grid.narrow{--side:2.3cm}.vitrail .grid.middle{--side:3.4cm}.vitrail .grid.wide{--side:6cm}
 .vitrail details:not([open])::details-content{content-visibility:visible;display:block;height:auto}}
"""
