const pounds = new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" });

/** 750 becomes "£7.50". */
export function formatPence(pence) {
  return pounds.format(pence / 100);
}
