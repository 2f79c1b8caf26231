export { completePopup } from 'relier/browser';
