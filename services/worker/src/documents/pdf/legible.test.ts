import { expect, test } from "vitest";
import { isLegible } from "./legible.ts";

const english =
  "The miller opens the gate in the morning, and the water runs over the wheel until the stones turn. He has done so for forty years, and his father before him, as the town needs flour on every day of the week.";
const shifted = (by: number) =>
  [...english].map((c) => (c === " " ? c : String.fromCharCode(c.charCodeAt(0) + by))).join("");

test.each([
  ["English", english],
  ["capitals", english.toUpperCase()],
  [
    "Czech",
    "Mlynář otevírá vrata ráno a voda teče přes kolo, dokud se kameny netočí. Dělá to čtyřicet let a jeho otec před ním, protože město potřebuje mouku každý den v týdnu. Vlk zmrzl, smrt, prst, krk, čtvrt, hrst, strž.",
  ],
  [
    "Vietnamese",
    "Người thợ xay mở cổng vào buổi sáng và nước chảy qua bánh xe cho đến khi những hòn đá quay. Ông đã làm như vậy trong bốn mươi năm, và cha ông trước ông, vì thị trấn cần bột mỗi ngày trong tuần.",
  ],
  [
    "Russian",
    "Мельник открывает ворота утром, и вода бежит через колесо, пока не повернутся камни.",
  ],
  ["Japanese", "水車は川の北にある町のために建てられました。".repeat(5)],
  ["Arabic", "يفتح الطحان البوابة في الصباح ويجري الماء فوق العجلة حتى تدور الحجارة ".repeat(3)],
  [
    "Welsh",
    "Mae'r melinydd yn agor y glwyd yn y bore, ac mae'r dŵr yn rhedeg dros yr olwyn nes bod y cerrig yn troi. Mae wedi gwneud hynny ers deugain mlynedd, a'i dad o'i flaen ef, gan fod angen blawd ar y dref bob dydd o'r wythnos.",
  ],
  [
    "Chinese in Latin letters",
    "Mofang gongren zaoshang dakai zhamen, shui liuguo lunzi, zhidao shitou zhuandong. Ta zheyang zuo le sishi nian, ta de fuqin zai ta zhiqian ye shi ruci, yinwei zhenshang de ren meitian dou xuyao mianfen, women xihuan zhongguo de dongxi.",
  ],
  [
    "Polish",
    "Młynarz otwiera rano śluzę, a woda płynie przez koło, aż kamienie zaczną się obracać. Robi to od czterdziestu lat, a przed nim jego ojciec, ponieważ miasto potrzebuje mąki każdego dnia tygodnia, szczególnie w święta i przyszłym roku.",
  ],
  ["names blanked out", "LINE xxx XXXXXXXX aaaaaaa XXXX ".repeat(20)],
  ["figures", "12.5 13.7 1,260.00 17 % 18 % 2026 2027 ".repeat(10)],
  ["prices with dot leaders", `Adults ${".".repeat(80)} 4.50\n`.repeat(5)],
  ["abbreviations in prose", `${english} The HTTP, TCP, DNS, TLS, SSH and SMTP ports.`],
  [
    "code",
    "static int cmp_ptr(const char *src, size_t len) { for (i = 0; i < len; i++) if (src[i] != dst[i]) return -1; strcpy(buf, str); printf(buf); }\n".repeat(
      4,
    ),
  ],
])("accepts %s", (_, text) => {
  expect(isLegible(text)).toBe(true);
});

test.each([
  ["letters of which each is another", shifted(-29)],
  [
    "phonetic letters for Russian",
    "ɍɝɥɨɜɚɹ ɲɥɢɮɨɜɚɥɶɧɚɹ ɦɚɲɢɧɚ ɪɟɞɭɤɬɨɪ ɲɬɚɦɩɭɟɬɫɹ ɢɡ ɫɬɚɥɢ ɢ ɥɚɬɭɧɢ",
  ],
  [
    "Russian in another encoding",
    "Óãëîâàÿ øëèôîâàëüíàÿ ìàøèíà Ìåëüíèê îòêðûâàåò âîðîòà óòðîì è âîäà áåæèò",
  ],
  ["characters of the font's own", "\ue001\ue002\ue003 \ue004\ue005 ".repeat(20)],
  ["control characters", "\u0001\u0002 \u0003\u0008\u0004 a".repeat(20)],
  ["replacement characters", "\ufffd\ufffd\ufffd mill \ufffd\ufffd".repeat(10)],
  ["letters of many scripts", "ԵΰԔϸЇΨߙϢÎgķϢʆi೽ဍඥǊһӍΉʽী܅ȥ͟ರĬࠒۉīĪࠌ˺ߓ˸ΰചʽဍ̮̓˖͵ౖȈȥ".repeat(2)],
  ["letters of which each is the next", shifted(1)],
])("rejects %s", (_, text) => {
  expect(isLegible(text)).toBe(false);
});

test("does not judge a few characters, unless most of them mean nothing", () => {
  expect(isLegible("ÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ")).toBe(true);
  expect(isLegible("\ue001 7")).toBe(true);
  expect(isLegible("\ue001\ue002 7")).toBe(false);
});
